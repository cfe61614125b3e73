"""The learn queue: what is fitted again from recorded verdicts."""

import logging

from celery import shared_task

from training.recalibration import NotRefitted
from workers.refitting import refit

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def refit_routing() -> None:
    """Fits the routing calibration again; it goes live if it beats the live one."""
    try:
        made = refit()
    except NotRefitted as error:
        log.info("routing is not fitted again: %s", error.detail)
        return
    log.info("routing was fitted again: %s is %s %s", made.pk, made.state, made.reason)
