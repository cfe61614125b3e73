"""The nightly plan as tasks: begun by the clock or by hand, carried on until it is done."""

import logging

from celery import shared_task
from django.utils import timezone

from training.models import NightlyPlan
from training.nightly.errors import PlanRunning
from workers.nightly.adapting import (
    choose_families,
    evaluate_adapter,
    export_family,
    publish_adapter,
    train_family,
)
from workers.nightly.fitted import fit_calibrator, fit_policy, fit_prm, fit_routing_head
from workers.nightly.plans import Steps, advance, ask_to_advance, begin_plan
from workers.nightly.tidying import tidy_up

log = logging.getLogger(__name__)

STEPS: Steps = {
    "tidy": tidy_up,
    "calibrator": fit_calibrator,
    "head": fit_routing_head,
    "policy": fit_policy,
    "prm": fit_prm,
    "families": choose_families,
    "export": export_family,
    "train": train_family,
    "evaluate": evaluate_adapter,
    "publish": publish_adapter,
}


@shared_task(ignore_result=True)
def start_night() -> None:
    """Begins the plan of this day, once, however many clocks ask for it."""
    try:
        plan, new = begin_plan(key=f"night of {timezone.localdate():%Y-%m-%d}")
    except PlanRunning as error:
        log.warning("no plan is begun: %s", error.detail)
        return
    if new:
        log.info("the plan %s has begun", plan.key)
        ask_to_advance()


@shared_task(ignore_result=True)
def advance_plans() -> None:
    """Carries the running plans on, as far as that can be done now."""
    running = NightlyPlan.objects.filter(state=NightlyPlan.State.RUNNING)
    for plan_id in running.order_by("created_at").values_list("pk", flat=True):
        advance(plan_id, STEPS)
