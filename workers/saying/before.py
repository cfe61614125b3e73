"""What was said of an answer before: verdicts, ratings, who would have been right."""

from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from training.models import RouterOutcome, StepExample
from trajectories.markup import badge, moment, table, text_block
from trajectories.models import SearchRecord, Trajectory
from trajectories.story.section import said
from trajectories.story.steps import Path

MOST = 20  # words on the answer
MOST_STEPS = 400
COMMENT_CHARS = 1_000


def said_before(trajectory: Trajectory, record: SearchRecord | None) -> SafeString:
    """The last word first. Two queries."""
    rows = [
        [
            moment(one.created_at),
            badge(str(one), _tone(one.approves)),
            "" if one.rating is None else str(one.rating),
            text_block(one.comment, most=COMMENT_CHARS) if one.comment else "",
            text_block(one.answer, most=COMMENT_CHARS) if one.answer else "",
        ]
        for one in trajectory.feedback.all()[:MOST]
    ]
    worker = said(_of_worker(trajectory, record)) if record is not None else SafeString("")
    if not rows:
        return format_html("{}{}", said("Nobody has judged the answer yet."), worker)
    headers = ["when", "said", "rating", "comment", "would have been right"]
    return format_html("{}{}", table(headers, rows), worker)


def rated_steps(trajectory: Trajectory) -> dict[Path, float]:
    """People's scores, by the path to the step."""
    examples = StepExample.objects.filter(trajectory=trajectory, human_score__isnull=False)
    rows = examples.values_list("steps_before", "step", "human_score")[:MOST_STEPS]
    return {(*before, step): score for before, step, score in rows if score is not None}


def _tone(approves: bool | None) -> Literal["", "success", "danger"]:
    return "" if approves is None else ("success" if approves else "danger")


def _of_worker(trajectory: Trajectory, record: SearchRecord) -> str:
    outcome = (
        RouterOutcome.objects.filter(trajectory=trajectory, worker=record.worker)
        .only("right_worker", "suggested_worker")
        .first()
    )
    if outcome is None or outcome.right_worker is None:
        return f"Nobody has said whether {record.worker} was the right worker."
    if outcome.right_worker:
        return f"A person said that {record.worker} was the right worker."
    right = (
        f"; {outcome.suggested_worker} would have been right" if outcome.suggested_worker else ""
    )
    return f"A person said that {record.worker} was the wrong worker{right}."
