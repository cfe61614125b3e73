"""Upkeep of what is known of skills."""

import logging

from celery import shared_task

from kernels.skills.shadow_rows import forget_old_records

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def forget_choices() -> None:
    """Deletes records of choices that are older than `KW_SHADOW_DAYS`."""
    if gone := forget_old_records():
        log.info("old choices of skills forgotten: %s", gone)
