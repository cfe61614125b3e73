"""Writes what a worker did with a step of a plan: claimed, finished, or given up.

As with runs, every write is conditional on still owning the step: a worker that was given up for
dead and comes back changes nothing.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from kernels.composition_models import PlanRun, StepRun

Status = StepRun.Status


@dataclass(frozen=True)
class StepOutcome:
    """What came of a step: its output, or why it failed; how it was checked, what it cost."""

    output: Any = None
    failure: str = ""
    checks: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


def claim_step(*, step_id: str, worker: str, lease_s: float) -> StepRun | None:
    """Takes a queued step; None when somebody else has it, or it or its plan is finished."""
    now = timezone.now()
    taken = StepRun.objects.filter(
        pk=step_id, status=Status.QUEUED, plan_run__status=PlanRun.Status.RUNNING
    ).update(
        status=Status.RUNNING,
        claimed_by=worker,
        attempts=F("attempts") + 1,
        started_at=now,
        lease_expires_at=now + timedelta(seconds=lease_s),
    )
    return StepRun.objects.select_related("plan_run").get(pk=step_id) if taken else None


def renew_step_leases(*, worker: str, run_ids: list[str], lease_s: float) -> None:
    """Says that the worker is alive and still at these steps."""
    StepRun.objects.filter(pk__in=run_ids, claimed_by=worker, status=Status.RUNNING).update(
        lease_expires_at=timezone.now() + timedelta(seconds=lease_s)
    )


def finish_step(*, step: StepRun, worker: str, outcome: StepOutcome) -> bool:
    """Stores what came of a step; False if the step was lost to another claim."""
    return bool(
        StepRun.objects.filter(
            pk=step.pk, claimed_by=worker, attempts=step.attempts, status=Status.RUNNING
        ).update(
            status=Status.FAILED if outcome.failure else Status.DONE,
            output=outcome.output,
            failure=outcome.failure,
            checks=outcome.checks,
            model=outcome.model,
            prompt_tokens=outcome.prompt_tokens,
            completion_tokens=outcome.completion_tokens,
            finished_at=timezone.now(),
            lease_expires_at=None,
        )
    )


def take_back_step(*, step: StepRun, most_attempts: int) -> bool:
    """Queues a step again whose worker fell silent, or fails it; False if its worker is back."""
    silent = StepRun.objects.filter(
        pk=step.pk,
        status=Status.RUNNING,
        claimed_by=step.claimed_by,
        attempts=step.attempts,
        lease_expires_at__lt=timezone.now(),
    )
    if step.attempts < most_attempts:
        return bool(silent.update(status=Status.QUEUED, lease_expires_at=None))
    failure = f"{step.attempts} workers died while they ran this step"
    return bool(
        silent.update(
            status=Status.FAILED,
            failure=failure,
            finished_at=timezone.now(),
            lease_expires_at=None,
        )
    )
