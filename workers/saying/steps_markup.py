"""The steps of an answer, each with its score, what a person gave it, and a form to rate it."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from trajectories.markup import table, text_block
from trajectories.models import SearchRecord
from trajectories.story.steps import Path
from workers.saying.forms import StepForm

MOST = 100
STEP_CHARS = 2_000


def steps_block(
    record: SearchRecord, rated: Mapping[Path, float], action: str, request: Any
) -> SafeString:
    """`action` is where a rating is posted; empty where this user may not."""
    pairs = list(zip(record.steps, record.step_scores, strict=True))[:MOST]
    rows = []
    for number, (step, score) in enumerate(pairs, 1):
        given = rated.get(tuple(record.steps[:number]))
        row: list[Any] = [
            str(number),
            text_block(step, most=STEP_CHARS),
            f"{score:.2f}",
            "nobody yet" if given is None else f"{given:.2f}",
        ]
        rows.append([*row, _form(number, action, request)] if action else row)
    headers = ["", "step", "PRM" if record.scored else "score", "by a person"]
    return table([*headers, "rate it"] if action else headers, rows)


def _form(number: int, action: str, request: Any) -> SafeString:
    form = StepForm(initial={"position": number, "rating": ""}, auto_id=f"step_{number}_%s")
    form.fields["rating"].widget.attrs["aria-label"] = f"Rating of step {number}"
    shown = {"form": form, "action": action, "number": number}
    return SafeString(render_to_string("workers/rate_step.html", shown, request=request))
