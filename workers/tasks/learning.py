"""The learn queue: what is fitted again from recorded verdicts. One slot, so one writer."""

import logging

from celery import shared_task
from django.conf import settings

from training.recalibration import NothingLive, NothingNew, TooFewVerdicts, recalibrate
from workers.turns import turn

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def refit_routing() -> None:
    """Fits the routing calibration again; it goes live if it beats the live one."""
    with turn("refit routing") as mine:
        if not mine:
            return
        try:
            made = recalibrate(
                ceiling=settings.KW_WRONG_REUSE_CEILING,
                min_verdicts=settings.KW_REFIT_MIN_VERDICTS,
            )
        except (TooFewVerdicts, NothingNew, NothingLive) as error:
            log.info("routing is not fitted again: %s", error.detail)
            return
    log.info("routing was fitted again: %s is %s %s", made.pk, made.state, made.reason)
