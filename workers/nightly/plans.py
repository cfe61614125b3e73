"""A night's plan: begun once, carried on by whoever comes, ended when no step is left.

One process at a time works on a plan (an advisory lock, which a killed process loses); what is done
stands on its steps. A step may be entered twice, so each leaves behind what a second time finds.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import InterfaceError, OperationalError, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from training.adapters.states import reject
from training.lora.job import BadJob
from training.lora.runs import ask_to_cancel
from training.lora.trainer import BadWeights
from training.models import Adapter, LoraRun, NightlyPlan, NightlySettings, NightlyStep
from training.nightly.errors import PlanRunning, StepFailed, StepSkipped, StepWaits
from trajectories.errors import KernelWeaveError
from workers.queueing import enqueue
from workers.turns import turn

log = logging.getLogger(__name__)

State = NightlyStep.State
OPEN = (State.WAITING, State.RUNNING)
MOST_ATTEMPTS = 5  # of a step that dies under those who carry it out
CANCELLED = "the plan was cancelled"
ALWAYS = ("tidy", "calibrator", "head", "policy", "prm", "families")

Carry = Callable[[NightlyStep], dict[str, Any]]
Steps = Mapping[str, Carry]


def begin_plan(*, key: str) -> tuple[NightlyPlan, bool]:
    """The plan of this key, and whether it is new. Raises PlanRunning where another is running."""
    with turn("begin a nightly plan") as mine:
        known = NightlyPlan.objects.filter(key=key).first()
        if known is not None:
            return known, False
        running = NightlyPlan.objects.filter(state=NightlyPlan.State.RUNNING).first()
        if not mine or running is not None:
            raise PlanRunning(f"The plan {running.key!r} is running." if running else "")
        with transaction.atomic():
            plan = NightlyPlan.objects.create(key=key, options=nightly_options())
            NightlyStep.objects.bulk_create(
                NightlyStep(plan=plan, place=place, kind=kind) for place, kind in enumerate(ALWAYS)
            )
    return plan, True


def ask_to_advance() -> None:
    """Has the plans carried on now; the clock does so in any case. Raises QueueUnavailable."""
    enqueue(current_app.signature("workers.tasks.nightly.advance_plans"), queue="learn")


def nightly_options() -> dict[str, Any]:
    """The settings as they are now."""
    row, _ = NightlySettings.objects.get_or_create(pk=1)
    return model_to_dict(row, exclude=["id"])


def cancel_plan(*, plan: NightlyPlan) -> bool:
    """Ends a running plan with its fine-tunings and the adapters that nobody has judged.

    What is live stays as it is. False for one that has ended.
    """
    with transaction.atomic():
        running = NightlyPlan.objects.filter(pk=plan.pk, state=NightlyPlan.State.RUNNING)
        ended = running.update(state=NightlyPlan.State.CANCELLED, finished_at=timezone.now())
        if ended:
            plan.steps.filter(state__in=OPEN).update(
                state=State.SKIPPED, reason=CANCELLED, finished_at=timezone.now()
            )
            _let_go(plan)
    return bool(ended)


def _let_go(plan: NightlyPlan) -> None:
    told = plan.steps.filter(kind="train").values_list("result__run", flat=True)
    for run in LoraRun.objects.filter(pk__in=[pk for pk in told if pk]):
        ask_to_cancel(run=run, by="the plan", why=CANCELLED)
        adapter = Adapter.objects.filter(run=run, state=Adapter.State.CANDIDATE).first()
        if adapter is not None:
            reject(adapter=adapter, metrics={}, reason=CANCELLED)


def advance(plan_id: UUID, steps: Steps) -> None:
    """Carries out what can be done now. Does nothing while another process does."""
    with turn(f"nightly plan {plan_id}") as mine:
        if not mine:
            return
        behind: set[str] = set()  # subjects whose step is not done: what follows it must wait
        while (step := _next(plan_id, behind)) is not None:
            _carry_out(step, steps)
            if step.state in OPEN:
                behind.add(_subject(step))
            elif step.state != State.DONE and step.subject:
                _skip_rest(step)
                _reject_candidate(step)
        _end(plan_id)


def _next(plan_id: UUID, behind: set[str]) -> NightlyStep | None:
    running = NightlyPlan.objects.filter(pk=plan_id, state=NightlyPlan.State.RUNNING)
    if not running.exists():
        return None
    rows = NightlyStep.objects.filter(plan=plan_id, state__in=OPEN).select_related("plan")
    return next((step for step in rows if _subject(step) not in behind), None)


def _carry_out(step: NightlyStep, steps: Steps) -> None:
    """Sets the state. What cannot be written now (the database is away) is raised."""
    if step.attempts >= MOST_ATTEMPTS:
        _finish(step, State.FAILED, f"given up after {MOST_ATTEMPTS} attempts: {step.reason}")
        return
    step.state, step.attempts = State.RUNNING, step.attempts + 1
    step.started_at = step.started_at or timezone.now()
    claimed = NightlyStep.objects.filter(pk=step.pk, state__in=OPEN).update(
        state=step.state, attempts=step.attempts, started_at=step.started_at
    )
    if not claimed:
        step.state = State.SKIPPED  # the plan was cancelled
        return
    try:
        step.result |= steps[step.kind](step)
    except StepSkipped as error:
        _finish(step, State.SKIPPED, error.detail)
    except StepWaits as error:
        _wait(step, error.detail, attempts=0)
    except (StepFailed, BadJob, BadWeights) as error:
        _finish(step, State.FAILED, error.detail)
    except KernelWeaveError as error:  # may be better later, as a server that is away
        _wait(step, error.detail, attempts=step.attempts)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("the nightly step %s failed", step)
        _finish(step, State.FAILED, f"{type(error).__name__}: {error}; the log has the details")
    else:
        _finish(step, State.DONE, step.reason)


def keep_progress(step: NightlyStep, reason: str) -> None:
    """Stores how far an open step is; one that was cancelled stays as it is."""
    step.reason = reason
    NightlyStep.objects.filter(pk=step.pk, state__in=OPEN).update(
        reason=reason, attempts=step.attempts, result=step.result
    )


def _wait(step: NightlyStep, reason: str, *, attempts: int) -> None:
    step.attempts = attempts
    keep_progress(step, reason)


def _finish(step: NightlyStep, state: State, reason: str) -> None:
    """Unless the plan was cancelled meanwhile."""
    step.state, step.reason, step.finished_at = state, reason, timezone.now()
    NightlyStep.objects.filter(pk=step.pk, state__in=OPEN).update(
        state=state, reason=reason, result=step.result, finished_at=step.finished_at
    )


def _skip_rest(step: NightlyStep) -> None:
    rest = NightlyStep.objects.filter(plan=step.plan_id, place__gt=step.place, state__in=OPEN)
    for later in rest:
        if _subject(later) == _subject(step):
            _finish(later, State.SKIPPED, f"{step.kind} was not done")


def _reject_candidate(step: NightlyStep) -> None:
    """Of a failed step: nobody goes on with it, so no server has to hold it."""
    name = NightlyStep.objects.filter(plan=step.plan_id, subject=step.subject, kind="evaluate")
    told = name.values_list("result__adapter", flat=True).first()
    adapter = Adapter.objects.filter(name=told, state=Adapter.State.CANDIDATE).first()
    if step.state == State.FAILED and adapter is not None:
        reject(adapter=adapter, metrics={}, reason=f"{step.kind} failed: {step.reason}")


def _end(plan_id: UUID) -> None:
    if not NightlyStep.objects.filter(plan=plan_id, state__in=OPEN).exists():
        running = NightlyPlan.objects.filter(pk=plan_id, state=NightlyPlan.State.RUNNING)
        running.update(state=NightlyPlan.State.DONE, finished_at=timezone.now())


def _subject(step: NightlyStep) -> str:
    """Steps of one family follow each other; others stand for themselves."""
    if not step.subject:
        return step.kind
    return f"{step.subject['client_id']} {step.subject['signature']}"
