"""What is decided about stored answers: an entry ends, near reuse of a worker is off or on again.

A person's denial of a near duplicate's answer is held against the worker's threshold: when the
upper bound of the wrong-reuse rate (one-sided Clopper-Pearson) is above the ceiling, near reuse of
that worker is switched off (row X2). Nothing but an operator's release switches it on again.
"""

import logging

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kernels.cache_models import CacheEntry, CacheHit, NearReuse
from kernels.review import ReasonMissing, ReviewError
from kernels.wrong_reuse import wrong_reuse_bound
from trajectories.models import Feedback, Trajectory

log = logging.getLogger(__name__)


class EntryEnded(ReviewError):
    """The entry has ended already."""


class NotSwitchedOff(ReviewError):
    """Near reuse of this worker is on."""


def end_entry_of(*, trajectory: Trajectory, reason: str) -> CacheEntry | None:
    """Ends the entry whose answer this is, given first or given again; None if there is none.

    Others of the same client with the same text to the same question end with it.
    """
    source = trajectory.reused_id or trajectory.pk
    entry = CacheEntry.objects.filter(trajectory=source).select_related("trajectory").first()
    if entry is not None:
        _end(entry, reason)
        CacheEntry.objects.filter(
            client=entry.client_id,
            state=CacheEntry.State.LIVE,
            pins=entry.pins,
            trajectory__question_digest=entry.trajectory.question_digest,
            trajectory__output_text=entry.trajectory.output_text,
        ).update(state=CacheEntry.State.ENDED, ended_because=reason)
    return entry


def end_entry(*, entry: CacheEntry, user: User, reason: str) -> None:
    """An operator ends an entry. Raises EntryEnded, ReasonMissing."""
    if not reason:
        raise ReasonMissing()
    if not _end(entry, f"{user}: {reason}"):
        raise EntryEnded()


def _end(entry: CacheEntry, reason: str) -> bool:
    live = CacheEntry.objects.filter(pk=entry.pk, state=CacheEntry.State.LIVE)
    return bool(live.update(state=CacheEntry.State.ENDED, ended_because=reason))


def note_verdict(*, feedback: Feedback) -> None:
    """Holds the last word on a reuse for or against it; a denial may switch near reuse off."""
    hit = CacheHit.objects.filter(trajectory=feedback.trajectory_id).first()
    if hit is None:
        return
    CacheHit.objects.filter(pk=hit.pk).update(denied=feedback.is_negative)
    if hit.near and feedback.is_negative:
        switch_off_if_wrong(worker=hit.worker)


def switch_off_if_wrong(*, worker: str) -> bool:
    """Switches near reuse of the worker off if its record cannot be held under the ceiling."""
    with transaction.atomic():
        NearReuse.objects.get_or_create(worker=worker)
        row = NearReuse.objects.select_for_update().get(worker=worker)
        denied, hits = near_record(row)
        bound, ceiling = wrong_reuse_bound(denied, hits), settings.KW_WRONG_REUSE_CEILING
        if row.state == NearReuse.State.OFF or not denied or bound <= ceiling:
            return False
        row.state, row.changed_at = NearReuse.State.OFF, timezone.now()
        row.reason = (
            f"{denied} of {hits} near duplicates were answered wrongly: with 95 % confidence at "
            f"most {bound:.1%}, and the ceiling is {ceiling:.1%}."
        )
        row.save()
    log.error("near reuse of %s is switched off: %s", worker, row.reason)
    return True


def near_reuse_after(feedback: Feedback) -> str | None:
    """The state of near reuse that the feedback was about; None where it was about none."""
    hit = CacheHit.objects.filter(trajectory=feedback.trajectory_id, near=True).first()
    if hit is None:
        return None
    row = NearReuse.objects.filter(worker=hit.worker).first()
    return row.state if row else NearReuse.State.ON.value


def near_record(row: NearReuse) -> tuple[int, int]:
    """Denied answers to near duplicates, and all of them, since it was last released."""
    hits = CacheHit.objects.filter(worker=row.worker, near=True)
    if row.released_at is not None:
        hits = hits.filter(at__gte=row.released_at)
    return hits.filter(denied=True).count(), hits.count()


@transaction.atomic
def release_near_reuse(*, near_reuse: NearReuse, user: User, reason: str) -> None:
    """Switches it on again; its record begins anew. Raises NotSwitchedOff, ReasonMissing."""
    if not reason:
        raise ReasonMissing()
    row = NearReuse.objects.select_for_update().get(pk=near_reuse.pk)
    if row.state != NearReuse.State.OFF:
        raise NotSwitchedOff()
    row.reason = f"Released by {user}: {reason}"
    row.state = NearReuse.State.ON
    row.changed_at = row.released_at = timezone.now()
    row.save()
