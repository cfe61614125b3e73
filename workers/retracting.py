"""Retracts a trajectory: what depends on it is retired, flagged or forgotten (row X10)."""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celery import current_app
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kernels.learned_models import Calibration, RoutingHead
from kernels.models import CacheEntry, Exemplar, KernelVersion
from kernels.replay_rows import forget_replayed
from kernels.review import ReviewError
from kernels.skill_models import SkillVector
from training.labels.models import LabelItem
from training.lineage import adapters_trained_on, given_again, snapshots_taught_by
from training.lora.runs import cancel_those_trained_on
from training.models import Adapter, RouterOutcome, Snapshot, StepExample
from trajectories.models import Retraction, Trajectory
from trajectories.standing import Counted, uncount_rewards
from workers.queueing import QueueUnavailable, enqueue

log = logging.getLogger(__name__)
State = KernelVersion.State
# By their names: the module loads torch, and a web process retracts.
FITTING = ("workers.tasks.learning.refit_routing", "workers.tasks.learning.fit_routing_head")


class AlreadyRetracted(ReviewError):
    """This trajectory was retracted before."""


class NoReason(ReviewError):
    """Say why it is retracted."""


def retract_trajectory(
    *, trajectory: Trajectory, reason: str, user: User | None = None
) -> Retraction:
    """Takes an answer back for good, and every answer that repeats it.

    Its cache entries end, its exemplars and the rows that nets learn from are deleted. Kernels
    compiled from it, nets, adapters and routing fitted with it are flagged for people; a live net
    is fitted again without it within a minute, routing at once, an adapter the next night.
    Fine-tunings on it that have not ended are cancelled. All or nothing. Raises AlreadyRetracted,
    NoReason.
    """
    if not reason.strip():
        raise NoReason()
    with transaction.atomic():
        locked = Trajectory.objects.select_for_update().get(pk=trajectory.pk)
        if locked.retracted_at is not None:
            raise AlreadyRetracted()
        again = Trajectory.objects.filter(pk__in=given_again(locked.pk), retracted_at=None)
        ids = list(again.values_list("pk", flat=True))
        Trajectory.objects.filter(pk__in=ids, retracted_at=None).update(retracted_at=timezone.now())
        why = f"a trajectory was retracted: {reason}"
        found = Retraction.objects.create(
            trajectory=locked, reason=reason, user=user, effects=_retire(ids, why)
        )
    _fit_routing_again()
    return found


def retraction_of(trajectory: Trajectory) -> Retraction | None:
    """Its own, or that of the answer that it repeats, at whatever remove."""
    if trajectory.retracted_at is None:
        return None
    retractions = Retraction.objects.select_related("user")
    found = retractions.filter(trajectory=trajectory.pk).first()
    source = trajectory.reused_id
    while found is None and source is not None:
        found = retractions.filter(trajectory=source).first()
        source = Trajectory.objects.values_list("reused", flat=True).get(pk=source)
    return found


def _retire(ids: list[UUID], why: str) -> dict[str, object]:
    """What was done, by name. Which nets were taught is looked up before their rows go."""
    snapshots = [one.pk for one in snapshots_taught_by(ids)]
    entries = CacheEntry.objects.filter(trajectory__in=ids, state=CacheEntry.State.LIVE)
    ended = entries.update(state=CacheEntry.State.ENDED, ended_because=why)
    exemplars, _ = Exemplar.objects.filter(trajectory__in=ids).delete()
    in_use = (State.CANDIDATE, State.LIVE, State.QUARANTINED)
    versions = KernelVersion.objects.filter(sources__in=ids, state__in=in_use)
    flagged = sorted({str(pk) for pk in versions.values_list("pk", flat=True)})
    KernelVersion.objects.filter(pk__in=flagged).update(flag=why)
    mark = {"flag": why, "flagged_at": timezone.now()}
    Snapshot.objects.filter(pk__in=snapshots).update(**mark)
    adapters = [one.pk for one in adapters_trained_on(ids)]
    Adapter.objects.filter(pk__in=adapters).update(**mark)
    cancelled = cancel_those_trained_on(trajectory_ids=ids, reason=why)
    for fitted in (Calibration, RoutingHead):
        fitted._default_manager.filter(state="live").update(**mark)
    rows = sum(
        model._default_manager.filter(trajectory__in=ids).delete()[0]
        for model in (RouterOutcome, StepExample)
    )
    scored = Trajectory.objects.filter(pk__in=ids, reward_parts__has_key="counted")
    counted: Iterable[tuple[int, Any]] = scored.values_list("client_id", "reward_parts__counted")
    skills = uncount_rewards(rewards=[(client, Counted(**told)) for client, told in counted])
    triggers, _ = SkillVector.objects.filter(trajectory__in=ids).delete()
    LabelItem.objects.filter(trajectory__in=ids, state=LabelItem.State.OPEN).delete()
    return {
        "trajectories": len(ids),
        "cache_entries_ended": ended,
        "exemplars_deleted": exemplars,
        "kernels_flagged": flagged,
        "snapshots_flagged": snapshots,
        "adapters_flagged": adapters,
        "trainings_cancelled": cancelled,
        "lessons_deleted": rows,
        "replays_amended": forget_replayed(trajectory_ids=ids),
        "skill_triggers_deleted": triggers,
        "skill_weights_amended": skills,
    }


def _fit_routing_again() -> None:
    """Nets that are flagged are due by themselves; the nightly round is there if this fails."""
    try:
        for task in FITTING:
            enqueue(current_app.signature(task), queue="learn")
    except QueueUnavailable as error:
        log.warning("routing is fitted again tonight: %s", error)
