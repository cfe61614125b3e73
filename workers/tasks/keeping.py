"""Keeps what agents send in order: months of events ahead, old ones gone, nothing left open."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from trajectories.partitions import keep_partitions
from trajectories.taps.recording import close_idle
from workers.tasks.scoring import ask_for_scores

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def keep_event_partitions() -> None:
    """Makes the months ahead, and drops those older than `KW_EVENT_RETENTION_DAYS`."""
    made, dropped = keep_partitions(
        retention=timedelta(days=settings.KW_EVENT_RETENTION_DAYS),
        latest_arrival=timedelta(days=settings.KW_TAP_MAX_AGE_DAYS),
    )
    if made or dropped:
        log.info("partitions of events: made %s, dropped %s", made, dropped)


@shared_task(ignore_result=True)
def close_idle_trajectories() -> None:
    """Ends what its agent left open and has said nothing of for `KW_TAP_IDLE_S`."""
    closed = close_idle(before=timezone.now() - timedelta(seconds=settings.KW_TAP_IDLE_S))
    if closed:
        log.info("trajectories that were left open are closed: %s", closed)
        ask_for_scores()
