"""The score queue: gives every new answer its reward, many at a time.

An answer only asks for scoring; those that ask within the same moment share one task. Which
trajectories are due is on their rows, so a task that is lost or comes twice does no harm.
"""

import logging

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import RedisError

from trajectories.models import Trajectory
from workers.family_search import newest_promotable
from workers.queueing import QueueUnavailable, enqueue
from workers.redis_client import redis_client
from workers.scoring import reward_of
from workers.tasks.promoting import promote

log = logging.getLogger(__name__)
BATCH = 500
ASKED = "kw:scores-asked-for"


def ask_for_scores() -> None:
    """Has all trajectories that are due scored in `KW_SCORE_DELAY_S`; the sweep if Redis is away.

    Call it after the commit.
    """
    delay_s = settings.KW_SCORE_DELAY_S
    try:
        # The mark ends before the task begins, so that nobody relies on a task that has looked.
        if redis_client().set(ASKED, 1, nx=True, px=max(1, int(delay_s * 900))):
            enqueue(score_due, queue="score", countdown_s=delay_s)
    except (RedisError, QueueUnavailable) as error:
        log.warning("scoring waits for the sweep: %s", error)


@shared_task(ignore_result=True)
def score_due() -> None:
    """Computes the reward of what has none, or was judged since; then considers promotion."""
    with transaction.atomic():
        # A verdict that is being stored holds its trajectory, and makes it due once more.
        due = list(
            Trajectory.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(scored_at=None)
            .prefetch_related("events", "feedback")
            .order_by("created_at")[:BATCH]
        )
        for trajectory in due:
            reward = reward_of(trajectory)
            trajectory.reward, trajectory.reward_parts = reward.total, reward.as_json()
            trajectory.scored_at = timezone.now()
        Trajectory.objects.bulk_update(due, ["reward", "reward_parts", "scored_at"])
    for pk in newest_promotable(pk__in=[trajectory.pk for trajectory in due]):
        # Feedback often follows within a moment; a success that is about to be denied can wait.
        enqueue(promote, pk, queue="promote", countdown_s=settings.KW_PROMOTE_DELAY_S)
    if len(due) == BATCH:
        enqueue(score_due, queue="score")
