"""Advances runs of compositions: one row holds the interpreter's state, one row each step.

Whoever finishes a step drives its plan on. The plan's row is locked meanwhile, so that of two
branches that end together one advances the plan and the other finds nothing left to do.
"""

import logging
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kernels.algebra.execution import (
    Done,
    Failed,
    PlanState,
    Step,
    StepResult,
    advance,
    begin,
    next_steps,
    outcome,
    start,
)
from kernels.composition_models import Composition, PlanRun, StepRun
from kernels.compositions import (
    accepted_input,
    plan_of,
    require_live_kernels,
    require_preconditions,
)
from trajectories.models import Client

log = logging.getLogger(__name__)
Status = PlanRun.Status
ENDED = (StepRun.Status.DONE, StepRun.Status.FAILED)


def begin_plan_run(*, composition: Composition, client: Client, given: dict[str, Any]) -> PlanRun:
    """Commits the row of a run, with nothing started yet. Raises InputRefused, KernelNotLive."""
    plan = plan_of(composition)
    accepted = accepted_input(plan, composition.input_schema, given)
    kernels = require_live_kernels(plan, composition.client)
    require_preconditions(plan, kernels, accepted)
    undoable = [digest for digest, facts in kernels.items() if facts.spec.rollback]
    return PlanRun.objects.create(
        client=client,
        composition=composition,
        input=given,
        versions={digest: str(facts.version_id) for digest, facts in kernels.items()},
        state=begin(plan, accepted, undoable).model_dump(mode="json"),
    )


def drive(*, plan_run_id: str) -> list[StepRun]:
    """Takes in the results of ended steps; returns the steps that were made ready, as queued rows.

    Safe to call at any time, as often as one likes.
    """
    with transaction.atomic():
        found = PlanRun.objects.select_for_update(no_key=True).filter(
            pk=plan_run_id, status=Status.RUNNING
        )
        run = found.first()
        if run is None:
            return []
        state = _with_results(run, PlanState.model_validate(run.state))
        ready = next_steps(state)
        state = start(state, ready)
        rows = StepRun.objects.bulk_create(_row(run, step) for step in ready)
        run.state = state.model_dump(mode="json")
        run.driven_at = timezone.now()
        _end_if_over(run, state)
        run.save(update_fields=["state", "driven_at", "status", "output", "error", "finished_at"])
    return rows


def _with_results(run: PlanRun, state: PlanState) -> PlanState:
    ended = list(run.steps.filter(told=False, status__in=ENDED).order_by("finished_at", "pk"))
    for row in ended:
        state = advance(state, row.step, StepResult(output=row.output, failure=row.failure))
    StepRun.objects.filter(pk__in=[row.pk for row in ended]).update(told=True)
    return state


def _row(run: PlanRun, step: Step) -> StepRun:
    return StepRun(
        plan_run=run,
        step=step.id,
        action=step.action,
        kernel=step.kernel,
        kernel_version=run.versions[step.digest],
        input=step.input,
        to_undo=step.output,
    )


def _end_if_over(run: PlanRun, state: PlanState) -> None:
    match outcome(state):
        case Done(output):
            run.status, run.output = Status.DONE, output
        case Failed(reason):
            run.status, run.error = Status.FAILED, plan_error("plan_failed", reason)
        case _:
            return
    run.finished_at = timezone.now()
    counted = {"passes": F("passes") + 1} if run.error is None else {"failures": F("failures") + 1}
    Composition.objects.filter(pk=run.composition_id).update(**counted)


def plan_error(code: str, message: str) -> dict[str, Any]:
    """Why a run of a composition failed, as it is stored and told.

    A plan that failed on its input would fail again: clients must not try it anew by themselves.
    """
    failed = code == "plan_failed"
    return {
        "status": 422 if failed else 500,
        "type": "invalid_request_error" if failed else "server_error",
        "code": code,
        "message": message,
        "retry_after_s": None,
    }


def fail_plan_run(*, plan_run_id: str) -> None:
    """Ends a run that cannot be driven on; the log has the details."""
    error = plan_error("internal_error", "The service failed; the log has the details.")
    PlanRun.objects.filter(pk=plan_run_id, status=Status.RUNNING).update(
        status=Status.FAILED, error=error, finished_at=timezone.now()
    )
