"""The score queue: gives every new answer its reward, many at a time.

An answer only asks for scoring; those that ask within the same moment share one task. Which
trajectories are due is on their rows, so a task that is lost or comes twice does no harm.
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from redis import RedisError

from trajectories.models import Trajectory
from trajectories.rewards import Reward
from trajectories.standing import Counted, NewReward, count_rewards
from workers.family_search import newest_promotable
from workers.next_prompts import judge_next_prompts, unjudged
from workers.queueing import QueueUnavailable, enqueue
from workers.redis_client import redis_client
from workers.scoring import domain_of, reward_of
from workers.skill_notes import note_shadow_choices, note_triggers
from workers.tasks.promoting import promote

log = logging.getLogger(__name__)
BATCH = 500
AT_ONCE = 20  # are locked together, and their events held in memory
# PostgreSQL writes a row that is updated elsewhere, in the name of the transaction that does.
_ROW_VERSION = RawSQL(
    '"trajectories_trajectory"."xmin"::text || "trajectories_trajectory"."ctid"::text', ()
)
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
    due = list(_due().order_by("created_at").values_list("pk", flat=True)[:BATCH])
    note_shadow_choices(among=due)  # before the prompts are embedded for anything else
    judge_next_prompts(among=due)
    scored = [
        pk for start in range(0, len(due), AT_ONCE) for pk in _score(due[start : start + AT_ONCE])
    ]
    note_triggers(among=scored)
    for pk in newest_promotable(pk__in=scored):
        # Feedback often follows within a moment; a success that is about to be denied can wait.
        enqueue(promote, pk, queue="promote", countdown_s=settings.KW_PROMOTE_DELAY_S)
    if scored and len(due) == BATCH:
        enqueue(score_due, queue="score")


def _due() -> QuerySet[Trajectory]:
    return Trajectory.objects.filter(scored_at=None, closed_at__isnull=False, retracted_at=None)


def _score(among: Sequence[UUID]) -> list[UUID]:
    """Scores those of them that are due still and that nobody holds; returns which.

    Nothing is locked while their events are read, so that no tap waits for it. What has changed
    meanwhile stays due: a verdict, an event or a prompt writes the row of what it is about.
    """
    found = list(
        _due()
        .filter(~unjudged(), pk__in=among)
        .select_related("turn__session")
        .annotate(search_worker=F("search__worker"), version=_ROW_VERSION)
        .prefetch_related("events", "feedback")
        .order_by("created_at")
    )
    rewards = {trajectory.pk: reward_of(trajectory) for trajectory in found}
    with transaction.atomic():
        unchanged = _locked_versions(list(rewards))
        same = [one for one in found if unchanged.get(one.pk) == one.version]
        _save(same, [rewards[one.pk] for one in same])
    return [trajectory.pk for trajectory in same]


def _locked_versions(among: Sequence[UUID]) -> dict[UUID, str]:
    rows = Trajectory.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    versions = rows.filter(pk__in=among).annotate(version=_ROW_VERSION)
    return dict(versions.order_by("pk").values_list("pk", "version"))


def _save(found: Sequence[Any], rewards: Sequence[Reward]) -> None:
    counted = count_rewards(
        rewards=[
            _new_reward(trajectory, reward)
            for trajectory, reward in zip(found, rewards, strict=True)
        ]
    )
    for trajectory, reward, count in zip(found, rewards, counted, strict=True):
        trajectory.reward, trajectory.advantage = reward.total, count.advantage
        trajectory.reward_parts = {**reward.as_json(), "counted": count.as_json()}
        trajectory.domain = count.domain
        trajectory.scored_at = timezone.now()
    Trajectory.objects.bulk_update(
        found, ["reward", "reward_parts", "advantage", "domain", "scored_at"]
    )


def _new_reward(trajectory: Any, reward: Reward) -> NewReward:
    """`trajectory` has its search's worker, if it has one, as `search_worker`."""
    turn = trajectory.turn if trajectory.route == Trajectory.Route.AGENT else None
    before = (trajectory.reward_parts or {}).get("counted")
    return NewReward(
        client_id=trajectory.client_id,
        domain=trajectory.domain or domain_of(trajectory, trajectory.search_worker or ""),
        skill=turn.skill if turn else "",
        reward=reward.total,
        before=Counted(**before) if before else None,
    )
