"""What follows an answer, on queues of their own: score, then consider promotion."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from trajectories.models import Trajectory
from workers.backends.choose import live_backend
from workers.backends.completion import BackendError
from workers.promotion import consider_promotion, promotable
from workers.queueing import enqueue
from workers.replies import asker
from workers.scoring import reward_of

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def score_trajectory(trajectory_id: str) -> None:
    """Computes and stores the reward; safe to repeat, and repeated when feedback arrives."""
    trajectory = Trajectory.objects.get(pk=trajectory_id)
    reward = reward_of(trajectory)
    Trajectory.objects.filter(pk=trajectory_id).update(
        reward=reward.total, reward_parts=reward.as_json(), scored_at=timezone.now()
    )
    if promotable().filter(pk=trajectory_id).exists():
        # Feedback often follows within a moment; a success that is about to be denied can wait.
        enqueue(promote, trajectory_id, queue="promote", countdown_s=settings.KW_PROMOTE_DELAY_S)


@shared_task(ignore_result=True)
def promote(trajectory_id: str) -> None:
    """Looks whether this success completes a family; the sweep tries again."""
    try:
        consider_promotion(trajectory_id=trajectory_id, ask=asker(live_backend()))
    except BackendError as error:
        log.warning("promotion of %s waits: %s", trajectory_id, error.detail)


@shared_task(ignore_result=True)
def sweep_promotions() -> None:
    """Scores what was left unscored, and considers the newest success of each kind of call."""
    now = timezone.now()
    unscored = Trajectory.objects.filter(
        scored_at=None, created_at__lt=now - timedelta(seconds=30)
    ).order_by("created_at")
    for pk in unscored.values_list("pk", flat=True)[:500]:
        enqueue(score_trajectory, pk, queue="score")
    recent = promotable().filter(created_at__gt=now - timedelta(hours=1))
    newest = recent.order_by("client", "signature", "-created_at").distinct("client", "signature")
    for pk in newest.values_list("pk", flat=True)[:100]:
        enqueue(promote, pk, queue="promote")
