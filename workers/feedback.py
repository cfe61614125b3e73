"""What people and downstream systems say about an answer, and what follows from it at once."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from kernels.cached_answers import end_entry_of, note_verdict
from kernels.models import Exemplar
from training.feedback.answer_words import StepWord, WorkerWord, record_words
from trajectories.errors import KernelWeaveError
from trajectories.models import Client, Feedback, Run, Trajectory
from workers.drift import quarantine_if_drifted, quarantine_if_failing
from workers.recording import record_verdict
from workers.stored.caching import cache_confirmed
from workers.tasks.scoring import ask_for_scores


class RunNotFound(KernelWeaveError):
    """There is no such run."""


class RunNotFinished(KernelWeaveError):
    """The run has no answer to judge yet."""


class NotReused(KernelWeaveError):
    """This run was not answered by a stored answer."""


class Retracted(KernelWeaveError):
    """This answer was retracted: nothing more is learned from it."""


WRONG_REUSE = "A wrong reuse: the stored answer is no answer to this."


def record_feedback(
    *,
    client: Client,
    run_id: UUID,
    verdict: str = "",
    rating: int | None = None,
    comment: str = "",
    answer: str = "",
    worker: WorkerWord | None = None,
    steps: Sequence[StepWord] = (),
) -> Feedback | None:
    """Stores a verdict, which counts for or against the kernel or the worker that answered.

    The last word on a run counts once, in place of the ones before. A negative one ends the trace's
    examples, for good (`answer` says what would have been right): praise afterwards does not bring
    them back, nor is the answer given again or promoted. `worker` and `steps` are for searched
    answers; said alone, they leave the last verdict as it is, and no row (None). `run_id` may be an
    agent's trajectory. Raises RunNotFound, RunNotFinished, and what `record_words` raises, or
    Retracted; then nothing is stored.
    """
    trajectory = judgeable(client, run_id)
    if trajectory.retracted_at is not None:
        raise Retracted()
    if not verdict and rating is None:
        record_words(trajectory=trajectory, worker=worker, steps=steps)
        return None
    with transaction.atomic():
        feedback = _judged(trajectory, client, verdict, rating, comment, answer)
        record_words(trajectory=trajectory, worker=worker, steps=steps)
    if feedback.is_negative and trajectory.kernel_version is not None:
        version = trajectory.kernel_version
        if not quarantine_if_drifted(version_id=version):
            quarantine_if_failing(version_id=version)
    ask_for_scores()
    return feedback


def judgeable(client: Client, run_id: UUID) -> Trajectory:
    """What answered a run, or an agent's trajectory. Raises RunNotFound, RunNotFinished."""
    of_agent = Q(pk=run_id, route=Trajectory.Route.AGENT)
    found = Trajectory.objects.filter(Q(run=run_id) | of_agent, client=client).first()
    if found is None:
        known = Run.objects.filter(pk=run_id, client=client).exists()
        raise RunNotFinished() if known else RunNotFound()
    return found


def _judged(
    trajectory: Trajectory,
    client: Client,
    verdict: str,
    rating: int | None,
    comment: str,
    answer: str,
) -> Feedback:
    locked = Trajectory.objects.select_for_update().get(pk=trajectory.pk)
    last = locked.feedback.first()
    feedback = Feedback.objects.create(
        client=client,
        trajectory=locked,
        verdict=verdict,
        rating=rating,
        comment=comment,
        answer=answer,
    )
    # Its reward is out of date from here on; if no task computes it, the sweep does.
    Trajectory.objects.filter(pk=locked.pk).update(scored_at=None)
    if feedback.is_negative:
        Exemplar.objects.filter(trajectory=locked).delete()
        end_entry_of(trajectory=locked, reason=comment or "Somebody denied the answer.")
    elif feedback.approves:
        cache_confirmed(trajectory=locked)
    note_verdict(feedback=feedback)
    if locked.kernel_version is not None:
        record_verdict(
            version_id=locked.kernel_version,
            passed=feedback.approves,
            before=None if last is None else last.approves,
        )
    return feedback


def record_wrong_reuse(*, client: Client, run_id: UUID, comment: str = "") -> Feedback:
    """Denies a reuse: the entry ends, and a near duplicate counts against its worker's threshold.

    Nothing is said of the answer to the question that it was first given to. Raises RunNotFound,
    RunNotFinished, NotReused.
    """
    found = Trajectory.objects.filter(run=run_id, run__client=client).first()
    if found is not None and found.route != Trajectory.Route.REUSE:
        raise NotReused()
    denied = record_feedback(
        client=client,
        run_id=run_id,
        verdict=Feedback.Verdict.INCORRECT,
        comment=f"{WRONG_REUSE} {comment}".strip(),
    )
    assert denied is not None, "a verdict makes a row"
    return denied
