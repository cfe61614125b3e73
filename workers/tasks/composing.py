"""The interactive queue: runs of compositions, step by step, and those of dead workers."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from kernels.composition_models import PlanRun, StepRun
from workers import plan_runs
from workers.backends.choose import live_backend
from workers.leases import WORKER, step_keeper
from workers.queueing import QueueUnavailable, enqueue
from workers.step_claims import StepOutcome, claim_step, finish_step, take_back_step
from workers.steps import run_step_kernel, step_work
from workers.suspects import alone

log = logging.getLogger(__name__)
IDLE_S = 10.0  # a plan that nobody drove for so long, though it could go on, is driven by the sweep


@shared_task(ignore_result=True)
def drive_plan(plan_run_id: str) -> None:
    """Advances a run and hands all steps that are ready to workers, to run at the same time."""
    try:
        ready = plan_runs.drive(plan_run_id=plan_run_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the sweep drives it on
    except Exception:
        log.exception("plan run %s cannot go on", plan_run_id)
        plan_runs.fail_plan_run(plan_run_id=plan_run_id)
        return
    for step in ready:
        try:
            enqueue(run_step, step.pk, queue="interactive")
        except QueueUnavailable as error:
            log.warning("step %s waits for the sweep: %s", step.pk, error.detail)


@shared_task(ignore_result=True)
def run_step(step_id: str) -> None:
    """Runs one step, then drives its plan. Safe to run twice: only the first claim works on it."""
    step = claim_step(step_id=step_id, worker=WORKER, lease_s=settings.KW_LEASE_S)
    if step is None:
        return
    with step_keeper.hold(step_id, lease_s=settings.KW_LEASE_S, limit_s=settings.KW_RUN_LIMIT_S):
        try:
            outcome = run_step_kernel(step_work(step), live_backend())
        except (OperationalError, InterfaceError):
            raise  # the database is away: nothing can be written now; the sweep hands the step on
        except Exception:
            log.exception("step %s failed", step_id)
            outcome = StepOutcome(failure="the service failed; the log has the details")
        if not finish_step(step=step, worker=WORKER, outcome=outcome):
            log.warning("step %s was taken over by another worker; this result is lost", step_id)
            return
    drive_plan(str(step.plan_run_id))


@shared_task(ignore_result=True)
def run_suspect_step(step_id: str) -> None:
    """Runs a step that was in work when its worker died, one at a time in a process."""
    alone(run_suspect_step, run_step, step_id)


@shared_task(ignore_result=True)
def sweep_plans() -> None:
    """Takes up steps of silent workers, steps whose message was lost, and plans nobody drives."""
    now = timezone.now()
    running = StepRun.objects.filter(status=StepRun.Status.RUNNING, lease_expires_at__lt=now)
    for step in running:
        if not take_back_step(step=step, most_attempts=settings.KW_MAX_ATTEMPTS):
            continue
        log.warning("step %s: its worker fell silent after attempt %s", step.pk, step.attempts)
        if step.attempts < settings.KW_MAX_ATTEMPTS:
            enqueue(run_suspect_step, step.pk, queue="interactive")
        else:
            enqueue(drive_plan, step.plan_run_id, queue="interactive")
    _send_lost_steps_again()
    _drive_idle_plans()


def _send_lost_steps_again() -> None:
    now = timezone.now()
    patience = timedelta(seconds=max(30.0, settings.KW_LEASE_S))
    waiting = StepRun.objects.filter(
        status=StepRun.Status.QUEUED,
        plan_run__status=PlanRun.Status.RUNNING,
        created_at__lt=now - patience,
    )
    for step in waiting.filter(Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)):
        # At worst the message was only slow: a second one finds the row taken.
        waiting.filter(pk=step.pk).update(lease_expires_at=now + patience)
        enqueue(run_suspect_step if step.attempts else run_step, step.pk, queue="interactive")


def _drive_idle_plans() -> None:
    """Plans with a result that nobody took in, or with no step under way."""
    steps = StepRun.objects.filter(plan_run=OuterRef("pk"))
    untold = steps.filter(told=False, status__in=plan_runs.ENDED)
    under_way = steps.filter(status__in=(StepRun.Status.QUEUED, StepRun.Status.RUNNING))
    now = timezone.now()
    idle = PlanRun.objects.filter(
        Q(Exists(untold)) | ~Q(Exists(under_way)),
        status=PlanRun.Status.RUNNING,
        driven_at__lt=now - timedelta(seconds=IDLE_S),
    )
    for run_id in idle.values_list("pk", flat=True):
        PlanRun.objects.filter(pk=run_id).update(driven_at=now)
        enqueue(drive_plan, run_id, queue="interactive")
