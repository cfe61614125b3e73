"""Fine-tuning runs as they go: queued, claimed by a node, told of, ended.

Every write of a node is conditional on its claim, so a node that was given up for dead and comes
back changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from training.lora.job import DEVICES, Device, LoraJob
from training.lora.journal import Journal
from training.lora.models import LoraRun
from training.nodes.models import TrainingNode
from trajectories.models import Client

State = LoraRun.State


class Standing(Enum):
    """Whether a node may go on with a run."""

    OURS = "ours"
    CANCELLED = "cancelled"  # still ours, and somebody asked to end it
    LOST = "lost"  # ended, or another's by now


def queue_run(
    *,
    client: Client,
    signature: str,
    label: str,
    job: LoraJob,
    device: Device,
    dataset: str,
    sources: Sequence[str] = (),
) -> LoraRun:
    """A run that waits for a node. `dataset` is the name of its archive in the storage.

    `sources` are the ids of the trajectories in it.
    """
    return LoraRun.objects.create(
        client=client,
        signature=signature,
        label=label,
        job=job.as_json(),
        device=device,
        dataset=dataset,
        sources=list(sources),
    )


def claim(*, run_id: str, worker: str, node: TrainingNode | None, lease_s: float) -> LoraRun | None:
    """Takes a queued run; None when somebody else has it or it has ended."""
    now = timezone.now()
    taken = LoraRun.objects.filter(pk=run_id, state=State.QUEUED).update(
        state=State.RUNNING,
        claimed_by=worker,
        node=node,
        attempts=F("attempts") + 1,
        lease_expires_at=now + timedelta(seconds=lease_s),
        started_at=Coalesce("started_at", now),
        reason="",
    )
    return LoraRun.objects.filter(pk=run_id, claimed_by=worker).first() if taken else None


def renew_run_leases(*, worker: str, run_ids: list[str], lease_s: float) -> None:
    """Says that the node is alive and still at these runs."""
    LoraRun.objects.filter(pk__in=run_ids, claimed_by=worker, state=State.RUNNING).update(
        lease_expires_at=timezone.now() + timedelta(seconds=lease_s)
    )


def _claimed(run: LoraRun, worker: str) -> QuerySet[LoraRun]:
    """The run as long as this very claim of it holds; another claim counts one more attempt."""
    return LoraRun.objects.filter(
        pk=run.pk, claimed_by=worker, attempts=run.attempts, state=State.RUNNING
    )


def standing_of(*, run: LoraRun, worker: str) -> Standing:
    asked = _claimed(run, worker).values_list("cancel_asked_at", flat=True).first()
    if asked is not None:
        return Standing.CANCELLED
    return Standing.OURS if _claimed(run, worker).exists() else Standing.LOST


def note_progress(*, run: LoraRun, worker: str, journal: Journal) -> bool:
    """Shows how far a run is; False if it was lost."""
    return bool(
        _claimed(run, worker).update(
            iteration=journal.iteration,
            tokens_per_s=journal.tokens_per_s,
            curve=journal.curve,
            log=journal.log,
        )
    )


def keep_checkpoint(*, run: LoraRun, worker: str, name: str, iteration: int) -> bool:
    """From now on the run is resumed there; False if it was lost."""
    kept = _claimed(run, worker).update(checkpoint=name, checkpoint_iteration=iteration)
    if kept:
        run.checkpoint, run.checkpoint_iteration = name, iteration
    return bool(kept)


def finish(
    *,
    run: LoraRun,
    worker: str,
    artifact: str,
    digest: str,
    metrics: Mapping[str, Any],
) -> bool:
    """Ends a run with its adapter; False if it was lost, and then nothing refers to the adapter.

    One that somebody asked to cancel in the last moment ends without.
    """
    claimed = _claimed(run, worker)
    if _end(claimed.exclude(cancel_asked_at=None), State.CANCELLED):
        return True
    return bool(
        claimed.filter(cancel_asked_at=None).update(
            state=State.DONE,
            artifact=artifact,
            digest=digest,
            metrics=dict(metrics),
            finished_at=timezone.now(),
            lease_expires_at=None,
        )
    )


def fail(*, run: LoraRun, worker: str, reason: str) -> bool:
    """Ends a run without an adapter; False if it was lost."""
    return _end(_claimed(run, worker), State.FAILED, reason)


def cancel(*, run: LoraRun, worker: str) -> bool:
    """Ends a run as its node was asked to; False if it was lost."""
    return _end(_claimed(run, worker), State.CANCELLED)


def hand_back(*, run: LoraRun, worker: str, counts: bool = False, wait_s: float = 0) -> bool:
    """Puts a run back in the queue, for another node to resume; False if it was lost.

    One that somebody asked to cancel ends instead.
    `counts`: this attempt is one of those that a run has. `wait_s` is when it is due again.
    """
    owned = _claimed(run, worker)
    if _end(owned.exclude(cancel_asked_at=None), State.CANCELLED):
        return True
    due = timezone.now() + timedelta(seconds=wait_s) if wait_s else None
    attempts = F("attempts") if counts else F("attempts") - 1
    return bool(
        owned.update(state=State.QUEUED, attempts=attempts, lease_expires_at=due, node=None)
    )


def forget_checkpoint(*, run_id: UUID) -> None:
    """After its files are deleted; a run that goes on keeps it."""
    ended = LoraRun.objects.filter(pk=run_id).exclude(state__in=(State.QUEUED, State.RUNNING))
    ended.update(checkpoint="")


def ask_to_cancel(*, run: LoraRun, by: str, why: str = "") -> bool:
    """Ends a queued run; a running one ends when its node hears of it. False if it has ended."""
    now, reason = timezone.now(), f"Cancelled by {by}: {why}" if why else f"Cancelled by {by}."
    own = LoraRun.objects.filter(pk=run.pk)
    asked = {"cancel_asked_at": now, "reason": reason}
    queued = own.filter(state=State.QUEUED).update(**asked, state=State.CANCELLED, finished_at=now)
    if queued:
        return True
    return bool(own.filter(state=State.RUNNING, cancel_asked_at=None).update(**asked))


def cancel_those_trained_on(*, trajectory_ids: Iterable[UUID], reason: str) -> list[str]:
    """Ends what has not ended and has these among its lessons; returns the ids of the runs."""
    within = Q(pk__in=())
    for pk in trajectory_ids:
        within |= Q(sources__contains=[str(pk)])
    waiting = LoraRun.objects.filter(within, state__in=(State.QUEUED, State.RUNNING))
    return [str(run.pk) for run in waiting if ask_to_cancel(run=run, by="lineage", why=reason)]


def take_back(*, run: LoraRun, most_attempts: int) -> LoraRun.State | None:
    """Takes a run from a node that fell silent; its new state, None if the node was heard again.

    It is queued again, unless somebody asked to cancel it, or too many nodes died of it.
    """
    silent = _claimed(run, run.claimed_by).filter(lease_expires_at__lt=timezone.now())
    if run.cancel_asked_at is not None:
        return State.CANCELLED if _end(silent, State.CANCELLED) else None
    if run.attempts >= most_attempts:
        reason = f"{run.attempts} nodes fell silent while they trained it."
        return State.FAILED if _end(silent, State.FAILED, reason) else None
    queued = silent.filter(cancel_asked_at=None).update(
        state=State.QUEUED, lease_expires_at=None, node=None
    )
    return State.QUEUED if queued else None


def note_waiting(*, devices: Collection[str]) -> None:
    """Says on each queued run whether there is nobody to train it: `devices` have live nodes."""
    for device in DEVICES:
        alone = f"No node for {device} is alive: `manage.py node --device {device}` starts one."
        waiting = LoraRun.objects.filter(state=State.QUEUED, device=device)
        if device in devices:
            waiting.filter(reason=alone).update(reason="")
        else:
            waiting.exclude(reason=alone).update(reason=alone)


def _end(runs: QuerySet[LoraRun], state: LoraRun.State, reason: str = "") -> bool:
    said = {"reason": reason} if reason else {}
    return bool(runs.update(state=state, finished_at=timezone.now(), lease_expires_at=None, **said))
