"""A label is taken back by who gave it: what had been said before counts again."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from training.feedback.answer_words import (
    WorkerWord,
    forget_worker_word,
    record_words,
    standing_word,
)
from training.labels.models import LabelItem
from training.labels.words import step_example
from training.lessons.recording import score_step
from training.models import StepExample
from trajectories.errors import KernelWeaveError
from trajectories.models import SearchRecord

State = LabelItem.State


class NothingToTakeBack(KernelWeaveError):
    """It waits for a label already, or somebody else has given it."""


class SaidSince(KernelWeaveError):
    """Something else was said of this answer since: that stays."""


def last_label(user: User) -> LabelItem | None:
    """What this person labelled or skipped last, if it can be taken back."""
    own = LabelItem.objects.filter(labelled_by=user).exclude(state=State.OPEN)
    last = own.order_by("-labelled_at").select_related("trajectory").first()
    return last if last is not None and (last.words or last.state == State.SKIPPED) else None


@transaction.atomic
def take_back(*, item: LabelItem, user: User) -> LabelItem:
    """Opens it again, and unsays what it said. Raises NothingToTakeBack, SaidSince."""
    locked = LabelItem.objects.select_for_update().get(pk=item.pk)
    mine = locked.labelled_by_id == user.pk and locked.state != State.OPEN
    if not mine or (locked.state == State.DONE and not locked.words):
        raise NothingToTakeBack()
    if locked.state == State.DONE:
        unsay = _unsay_worker if locked.label == "worker" else _unsay_steps
        unsay(locked, locked.words)
    locked.state, locked.labelled_by, locked.labelled_at, locked.words = State.OPEN, None, None, {}
    locked.save(update_fields=["state", "labelled_by", "labelled_at", "words"])
    return locked


def _unsay_worker(item: LabelItem, words: dict[str, Any]) -> None:
    search = _search(item)
    if standing_word(item.trajectory, search.worker) != WorkerWord(*words["said"]):
        raise SaidSince()
    if words["before"]:
        record_words(trajectory=item.trajectory, worker=WorkerWord(*words["before"]))
    else:
        forget_worker_word(trajectory=item.trajectory)


def _unsay_steps(item: LabelItem, words: dict[str, Any]) -> None:
    search = _search(item)
    for place, said in words["said"].items():
        example = step_example(search, int(place))
        if example is None or example.human_score != said:
            raise SaidSince()
        _unsay_step(example, words["before"][place])


def _unsay_step(example: StepExample, before: float | None) -> None:
    """A step that was scored here first, and that no verifier has labelled, is no example."""
    if before is None and example.label is None:
        example.delete()
    else:
        score_step(example=example, score=before)


def _search(item: LabelItem) -> SearchRecord:
    return SearchRecord.objects.defer("tree").get(trajectory=item.trajectory_id)
