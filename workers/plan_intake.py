"""Accepts runs of compositions: the row is committed, then a worker is told."""

from typing import Any

from kernels.composition_models import Composition, PlanRun
from trajectories.models import Client
from workers.plan_runs import begin_plan_run
from workers.queueing import QueueUnavailable, enqueue
from workers.tasks.composing import drive_plan


def accept_plan_run(*, composition: Composition, client: Client, given: dict[str, Any]) -> PlanRun:
    """Raises InputRefused, KernelNotLive, QueueUnavailable."""
    run = begin_plan_run(composition=composition, client=client, given=given)
    try:
        enqueue(drive_plan, run.pk, queue="interactive")
    except QueueUnavailable:
        # The message may have come through all the same: a run with steps stays accepted.
        if PlanRun.objects.filter(pk=run.pk, steps=None).delete()[0]:
            raise
    return run
