"""The labelling queue: filled by active learning, emptied by people."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from training.feedback.answer_words import StepWord, WorkerWord, record_words
from training.labels.candidates import asked_already, labelled_embeddings, unlabelled
from training.labels.models import BY_HAND, LabelItem
from training.labels.selection import By, select_batch
from training.labels.words import step_words, worker_words
from trajectories.errors import KernelWeaveError
from trajectories.models import SearchRecord, Trajectory

State = LabelItem.State


class AlreadyLabelled(KernelWeaveError):
    """Somebody has labelled or skipped it already."""


def fill_queue(*, by: By, count: int, seed: int = 0) -> list[LabelItem]:
    """Adds the `count` most telling answers, fewer where there are no more. Safe to run twice.

    One a question, and none to a question that waits or was labelled or skipped lately.
    """
    asked = asked_already()
    items = [item for item in unlabelled() if asked.isdisjoint(item.asks)]
    picks = select_batch(items, by=by, count=count, seed=seed, labelled=labelled_embeddings())
    now = timezone.now()
    found = [
        LabelItem.objects.get_or_create(
            trajectory_id=UUID(pick.key),
            label=pick.label,
            defaults={"picked_by": pick.by, "reason": pick.reason, "created_at": now},
        )
        for pick in picks
    ]
    return [item for item, added in found if added]


def top_up_queue(*, size: int) -> list[LabelItem]:
    """Adds a mix until `size` items are open; what it added."""
    missing = size - LabelItem.objects.filter(state=State.OPEN).count()
    return fill_queue(by="mix", count=missing) if missing > 0 else []


def ask_for_labels(*, trajectory: Trajectory, reason: str) -> list[LabelItem]:
    """Puts a searched answer on the queue by hand, for its worker and its steps; what it added."""
    steps = SearchRecord.objects.values_list("steps", flat=True).get(trajectory=trajectory)
    found = [
        LabelItem.objects.get_or_create(
            trajectory=trajectory,
            label=label,
            defaults={"picked_by": BY_HAND, "reason": reason},
        )
        for label in (("worker", "steps") if steps else ("worker",))
    ]
    return [item for item, added in found if added]


@transaction.atomic
def label_worker(*, item: LabelItem, worker: str, user: User) -> None:
    """Says which worker is right, the one that answered or another; empty: another, not known.

    Raises AlreadyLabelled, UnknownWorker.
    """
    answered = SearchRecord.objects.values_list("worker", flat=True).get(
        trajectory=item.trajectory_id
    )
    wrong = worker != answered
    word = WorkerWord(wrong, worker if wrong else "")
    _close(item, State.DONE, user, worker_words(item.trajectory, answered, word))
    record_words(trajectory=item.trajectory, worker=word)


@transaction.atomic
def label_steps(*, item: LabelItem, scores: Mapping[int, float], user: User) -> None:
    """Scores steps, by their positions from 1. Raises AlreadyLabelled, NoSuchStep, ValueError."""
    if not scores:
        raise ValueError("score at least one step")
    _close(item, State.DONE, user, step_words(item.trajectory, scores))
    steps = [StepWord(position, score) for position, score in sorted(scores.items())]
    record_words(trajectory=item.trajectory, steps=steps)


def skip_item(*, item: LabelItem, user: User) -> None:
    """Takes it off the queue for good. Raises AlreadyLabelled."""
    _close(item, State.SKIPPED, user)


def _close(
    item: LabelItem, state: State, user: User, words: Mapping[str, Any] | None = None
) -> None:
    still_open = LabelItem.objects.filter(pk=item.pk, state=State.OPEN)
    said = {"labelled_by": user, "labelled_at": timezone.now(), "words": words or {}}
    if not still_open.update(state=state, **said):
        raise AlreadyLabelled()
