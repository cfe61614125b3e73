"""The steps of a nightly plan as a table: what each is, how it ended and why."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from kwsite.dashboard.moments import lasting
from training.models import NightlyPlan, NightlyStep
from trajectories.markup import badge, link, table
from workers.nightly.admin import STEP_TONES

MOST = 60
WORDS = {
    "tidy": "delete what is over",
    "calibrator": "routing calibration",
    "head": "routing head",
    "policy": "router",
    "prm": "process reward model",
    "families": "choose families",
    "export": "export lessons",
    "train": "fine-tune",
    "evaluate": "compare with what is live",
    "publish": "put into shadow",
}


def steps_table(plan: NightlyPlan) -> SafeString:
    """In their order, `MOST` at most."""
    rows = [
        [
            WORDS.get(step.kind, step.kind),
            str(step.subject.get("label", "")),
            badge(step.state, STEP_TONES[step.state]),
            step.reason or _made(step),
            _took(step),
        ]
        for step in plan.steps.order_by("place")[:MOST]
    ]
    return table(["step", "family", "state", "why", "took"], rows)


def _made(step: NightlyStep) -> SafeString | str:
    """What a step that gives no reason has left behind."""
    found: dict[str, Any] = step.result
    if found.get("run"):
        return link(reverse("admin:training_lorarun_change", args=[found["run"]]), "the run")
    if "made" in found:
        return f"number {found['made']} is {found.get('state')}" + (
            f": {found['why']}" if found.get("why") else ""
        )
    if "passed" in found:
        return "passed its gate" if found["passed"] else "did not pass its gate"
    return ""


def _took(step: NightlyStep) -> str:
    if step.started_at is None:
        return "—"
    return lasting((step.finished_at or timezone.now()) - step.started_at)
