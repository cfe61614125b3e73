"""Replays as rows: asked for, claimed by one worker, told about while they run, ended once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from kernels.models import KernelVersion
from kernels.replay_models import CandidateReplay
from kernels.review import ReviewError

State = CandidateReplay.State
MOST_ATTEMPTS = 5
AT_ONCE = 50
TOLD_AGAIN = timedelta(minutes=5)  # a message may be lost
SILENT = timedelta(minutes=15)  # then its worker is taken for dead


class ReplayUnderWay(ReviewError):
    """It is being replayed already."""


def request_replay(*, version: KernelVersion, user: User | None = None) -> CandidateReplay:
    """Asks for a replay; a worker takes it up within seconds. Raises ReplayUnderWay."""
    try:
        with transaction.atomic():
            return CandidateReplay.objects.create(version=version, asked_by=user)
    except IntegrityError as error:
        raise ReplayUnderWay from error


def claim_replay(*, replay_id: int) -> CandidateReplay | None:
    """Takes a replay that waits; None when it does not."""
    claimed = CandidateReplay.objects.filter(pk=replay_id, state=State.QUEUED).update(
        state=State.RUNNING, attempts=F("attempts") + 1, seen_at=timezone.now(), error=""
    )
    if not claimed:
        return None
    return CandidateReplay.objects.select_related("version__kernel__client").get(pk=replay_id)


def tell_progress(*, replay: CandidateReplay, stage: str, done: int, total: int) -> None:
    """A sign of life, with how far it is."""
    _mine(replay).update(stage=stage, done=done, total=total, seen_at=timezone.now())


def finish_replay(*, replay: CandidateReplay, result: dict[str, Any]) -> bool:
    """Whether it was still this attempt's."""
    return bool(
        _mine(replay).update(state=State.DONE, result=result, finished_at=timezone.now(), stage="")
    )


def put_back(*, replay: CandidateReplay, error: str) -> None:
    """Back in the queue; after `MOST_ATTEMPTS` it has failed."""
    if replay.attempts >= MOST_ATTEMPTS:
        _mine(replay).update(state=State.FAILED, error=error, finished_at=timezone.now())
    else:
        _mine(replay).update(state=State.QUEUED, error=error, seen_at=timezone.now())


def due_replays(*, now: datetime) -> list[int]:
    """Those that no worker knows of, or that were lost on the way; they count as told now.

    A candidate that was never replayed, such as one from before there were replays, gets one.
    """
    candidates = KernelVersion.objects.filter(state=KernelVersion.State.CANDIDATE, replays=None)
    for version in candidates.only("pk")[:AT_ONCE]:
        CandidateReplay.objects.get_or_create(version=version)
    lost = Q(state=State.RUNNING, seen_at__lt=now - SILENT)
    CandidateReplay.objects.filter(lost, attempts__gte=MOST_ATTEMPTS).update(
        state=State.FAILED, error="Its workers died.", finished_at=now
    )
    CandidateReplay.objects.filter(lost).update(state=State.QUEUED, seen_at=None)
    untold = Q(seen_at=None) | Q(seen_at__lt=now - TOLD_AGAIN)
    due = CandidateReplay.objects.filter(untold, state=State.QUEUED).order_by("pk")
    found = list(due.values_list("pk", flat=True)[:AT_ONCE])
    CandidateReplay.objects.filter(pk__in=found).update(seen_at=now)
    return found


def forget_replayed(*, trajectory_ids: Iterable[UUID]) -> int:
    """Takes requests out of what replays show; of how many replays."""
    changed = 0
    for gone in map(str, trajectory_ids):
        held = {"counterfactual": {"rows": [{"trajectory": gone}]}}
        for replay in CandidateReplay.objects.filter(result__contains=held):
            rows = replay.result["counterfactual"]["rows"]
            kept = [row for row in rows if row["trajectory"] != gone]
            replay.result["counterfactual"]["rows"] = kept
            replay.save(update_fields=["result"])
            changed += 1
    return changed


def _mine(replay: CandidateReplay) -> Any:
    """The row, as long as no other attempt has taken over."""
    return CandidateReplay.objects.filter(
        pk=replay.pk, state=State.RUNNING, attempts=replay.attempts
    )
