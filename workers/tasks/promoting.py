"""The promote queue: repeated successes become candidates."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from kernels.replay_rows import due_replays
from workers.backends.choose import live_backend
from workers.backends.completion import BackendError
from workers.candidate_replay import replay_candidate
from workers.family_search import newest_promotable
from workers.promotion import consider_promotion
from workers.queueing import enqueue
from workers.replies import asker

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def promote(trajectory_id: str) -> None:
    """Looks whether this success completes a family; the sweep tries again."""
    try:
        consider_promotion(trajectory_id=trajectory_id, ask=asker(live_backend()))
    except BackendError as error:
        log.warning("promotion of %s waits: %s", trajectory_id, error.detail)


@shared_task(ignore_result=True)
def replay(replay_id: str) -> None:
    """Finds out what a reviewer wants to know of a version; the sweep tries again."""
    try:
        replay_candidate(replay_id=int(replay_id), ask=asker(live_backend()))
    except BackendError as error:
        log.warning("replay %s waits: %s", replay_id, error.detail)


@shared_task(ignore_result=True)
def sweep_promotions() -> None:
    """Considers the newest success of each kind of call, and what waits to be replayed."""
    for replay_id in due_replays(now=timezone.now()):
        enqueue(replay, replay_id, queue="promote")
    for pk in newest_promotable(created_at__gt=timezone.now() - timedelta(hours=1)):
        enqueue(promote, pk, queue="promote")
