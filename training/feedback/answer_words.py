"""What people say of a searched answer: of its worker and of single steps. One way in for all."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from training.feedback.of_workers import record_feedback
from training.lessons.recording import score_answered_step
from training.models import RouterOutcome
from training.nets.roster import WORKERS, place_of
from trajectories.errors import KernelWeaveError
from trajectories.models import Feedback, SearchRecord, Trajectory


class NotSearched(KernelWeaveError):
    """This run was not answered by a search: it has neither a worker nor steps to judge."""


class NoSuchStep(KernelWeaveError):
    """The answer has no such step."""

    def __init__(self, position: int, steps: int) -> None:
        super().__init__(f"There is no step {position}: the answer has {steps}.")
        self.param = "steps"


class ContradictoryWord(KernelWeaveError):
    """What is said of the worker does not fit together."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail[0].upper()}{detail[1:]}.")
        self.param = "worker"


@dataclass(frozen=True)
class WorkerWord:
    """Whether the wrong worker answered, and who is right where it is known."""

    wrong: bool
    suggested: str = ""


@dataclass(frozen=True)
class StepWord:
    """A score in [0, 1] of a step of the given answer; the first has position 1."""

    position: int
    score: float


@transaction.atomic
def record_words(
    *, trajectory: Trajectory, worker: WorkerWord | None = None, steps: Sequence[StepWord] = ()
) -> None:
    """Teaches what is said now, beside the last word on the answer itself, its feedback.

    Of the worker, too, the last word counts once; without a new one the old one stays. Raises
    NotSearched, UnknownWorker, ContradictoryWord, NoSuchStep: then nothing has changed.
    """
    Trajectory.objects.select_for_update().only("pk").get(pk=trajectory.pk)
    searched = SearchRecord.objects.defer("tree").filter(trajectory=trajectory).first()
    if searched is None:
        if worker or steps:
            raise NotSearched()
        return
    if searched.worker not in WORKERS:  # one beyond the router's: nothing can be learned of it
        if worker or steps:
            place_of(searched.worker)
        return
    for said in steps:
        if not 1 <= said.position <= len(searched.steps):
            raise NoSuchStep(said.position, len(searched.steps))
    said_of_answer = Feedback.objects.filter(trajectory=trajectory).first()
    if worker or said_of_answer:
        _teach_worker(trajectory, searched.worker, worker, said_of_answer)
    for said in steps:
        place = said.position - 1
        score_answered_step(
            query=trajectory.prompt,
            worker=searched.worker,
            step=searched.steps[place],
            steps_before=searched.steps[:place],
            score=said.score,
            trajectory=trajectory,
        )


@transaction.atomic
def forget_worker_word(*, trajectory: Trajectory) -> None:
    """As if nobody had said anything of the worker; the last word on the answer stays."""
    Trajectory.objects.select_for_update().only("pk").get(pk=trajectory.pk)
    searched = SearchRecord.objects.defer("tree").get(trajectory=trajectory)
    said_of_answer = Feedback.objects.filter(trajectory=trajectory).first()
    _teach(trajectory, searched.worker, None, said_of_answer)


def _teach_worker(
    trajectory: Trajectory, answered: str, word: WorkerWord | None, feedback: Feedback | None
) -> None:
    _teach(trajectory, answered, word or standing_word(trajectory, answered), feedback)


def _teach(
    trajectory: Trajectory, answered: str, word: WorkerWord | None, feedback: Feedback | None
) -> None:
    try:
        record_feedback(
            worker=answered,
            wrong_worker=word.wrong if word else None,
            suggested=word.suggested if word else "",
            wrong_answer=feedback is not None and feedback.verdict == Feedback.Verdict.INCORRECT,
            rating=feedback.rating if feedback else None,
            trajectory=trajectory,
        )
    except ValueError as error:
        raise ContradictoryWord(str(error)) from error


def standing_word(trajectory: Trajectory, answered: str) -> WorkerWord | None:
    """What was said of the worker before."""
    outcome = RouterOutcome.objects.filter(trajectory=trajectory, worker=answered).first()
    if outcome is None or outcome.right_worker is None:
        return None
    return WorkerWord(not outcome.right_worker, outcome.suggested_worker)
