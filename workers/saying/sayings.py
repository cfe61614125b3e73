"""What can be said of an answer, where each applies, and how it is recorded: one list for all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User

from training.nets.roster import WORKERS
from trajectories.models import SearchRecord, Trajectory
from workers.feedback import record_feedback, record_wrong_reuse
from workers.saying.forms import CommentForm, StepForm, VerdictForm, WorkerForm

Route = Trajectory.Route
WRONG_KERNEL = "A wrong reuse: the kernel is none for this."


@dataclass(frozen=True)
class Saying:
    """`record` gets the trajectory, the valid form and the user; `told` is for the history."""

    name: str
    title: str
    button: str
    consequence: str
    form: type[forms.Form]
    applies: Callable[[Trajectory, SearchRecord | None], bool]
    record: Callable[[Trajectory, Any, User], None]
    told: Callable[[Any], str]
    variant: str = "default"


def _say_verdict(trajectory: Trajectory, form: VerdictForm, user: User) -> None:
    said = form.cleaned_data
    record_feedback(
        client=trajectory.client,
        run_id=trajectory.run_id or trajectory.pk,
        verdict=said["verdict"],
        rating=int(said["rating"]) if said["rating"] else None,
        comment=signed(said["comment"], user),
        answer=said["answer"],
    )


def _say_wrong_reuse(trajectory: Trajectory, form: CommentForm, user: User) -> None:
    comment = signed(form.cleaned_data["comment"], user)
    run = trajectory.answered_run.pk
    if trajectory.route == Route.REUSE:
        record_wrong_reuse(client=trajectory.client, run_id=run, comment=comment)
        return
    record_feedback(
        client=trajectory.client,
        run_id=run,
        verdict="incorrect",
        comment=f"{WRONG_KERNEL} {comment}",
    )


def _say_worker(trajectory: Trajectory, form: WorkerForm, user: User) -> None:
    record_feedback(client=trajectory.client, run_id=trajectory.answered_run.pk, worker=form.word())


def _say_step(trajectory: Trajectory, form: StepForm, user: User) -> None:
    record_feedback(
        client=trajectory.client, run_id=trajectory.answered_run.pk, steps=[form.word()]
    )


def _verdict_told(form: VerdictForm) -> str:
    said = form.cleaned_data
    told = [f"The answer is {said['verdict']}." if said["verdict"] else ""]
    told.append(f"Rated {said['rating']}." if said["rating"] else "")
    told.append("Said what would have been right." if said["answer"] else "")
    return " ".join(filter(None, told))


def _worker_told(form: WorkerForm) -> str:
    word = form.word()
    told = "The wrong worker answered." if word.wrong else "The right worker answered."
    return f"{told} Right is {word.suggested}." if word.suggested else told


def _step_told(form: StepForm) -> str:
    word = form.word()
    return f"Step {word.position} was given a score of {word.score:.2f}."


def signed(comment: str, user: User) -> str:
    """A comment of an operator, whose feedback counts as that of the answer's client."""
    by = f"in the admin, by {user}"
    return f"{comment} ({by})" if comment else by


def _known(record: SearchRecord | None) -> bool:
    """Nothing can be learned of a worker that the router does not know."""
    return record is not None and record.worker in WORKERS


SAYINGS: dict[str, Saying] = {
    one.name: one
    for one in (
        Saying(
            "verdict",
            "Right or wrong",
            "Say so",
            "It counts for or against the kernel or the worker that answered; the last word "
            "counts. Once denied, the answer is given to nobody again.",
            VerdictForm,
            lambda trajectory, record: True,
            _say_verdict,
            _verdict_told,
            "primary",
        ),
        Saying(
            "wrong-reuse",
            "Wrong reuse",
            "It was a wrong reuse",
            "The stored answer is given to nobody again, or the kernel's record gets a failure; "
            "where the wrong-reuse ceiling cannot be held, the kernel goes to quarantine, or near "
            "reuse of the worker is switched off.",
            CommentForm,
            lambda trajectory, record: trajectory.route in (Route.REUSE, Route.KERNEL),
            _say_wrong_reuse,
            lambda form: "It was a wrong reuse.",
            "danger",
        ),
        Saying(
            "worker",
            "Wrong worker",
            "Say who is right",
            "The router learns it. A wrong worker loses .03, a suggested one gains .05, at once.",
            WorkerForm,
            lambda trajectory, record: _known(record),
            _say_worker,
            _worker_told,
        ),
        Saying(
            "step",
            "Rate a step",
            "Rate",
            "The reward model learns it in place of the verifier's label.",
            StepForm,
            lambda trajectory, record: record is not None and _known(record) and bool(record.steps),
            _say_step,
            _step_told,
        ),
    )
}


def sayable(trajectory: Trajectory, record: SearchRecord | None) -> dict[str, Saying]:
    """What can be said of this answer; nothing of one that was retracted."""
    if trajectory.retracted_at is not None:
        return {}
    return {name: one for name, one in SAYINGS.items() if one.applies(trajectory, record)}
