"""What each kernel considered reads in a prompt: its typed parts, and the slots that it binds."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels.models import KernelVersion
from kernels.slots import LISTS, bind
from kernels.template import match_any
from trajectories.markup import badge, brief, table
from trajectories.models import Trajectory
from trajectories.story.route import MOST_CANDIDATES
from trajectories.story.section import said

MOST_CHARS = 20_000  # of a prompt that is read again for the page
VALUE_CHARS = 120
TITLE = "What is read in the prompt"


def slots_part(trajectory: Trajectory) -> tuple[tuple[str, SafeString], ...]:
    """Read now, from the prompt as it is recorded. One query."""
    if trajectory.run is None:
        return ()
    if len(trajectory.prompt) > MOST_CHARS:
        too_long = f"A prompt of more than {MOST_CHARS:,} characters is not read here."
        return ((TITLE, said(too_long)),)
    typed = bind(trajectory.prompt)
    rows = [[name, _shown(typed[name])] for name in (*LISTS, "unread") if typed[name]]
    parts = table(["typed part", "values"], rows) if rows else said("It has no typed parts.")
    return ((TITLE, format_html("{}{}", parts, _bound(trajectory))),)


def _bound(trajectory: Trajectory) -> SafeString:
    decision = trajectory.run.decision if trajectory.run else {}
    candidates = (decision.get("candidates") or ())[:MOST_CANDIDATES]
    specs = KernelVersion.objects.filter(pk__in=[one["version_id"] for one in candidates])
    templates = {str(pk): spec.get("templates", ()) for pk, spec in specs.values_list("pk", "spec")}
    rows: list[list[Any]] = []
    for one in candidates:
        forms = tuple(templates.get(one["version_id"], ()))
        if not forms:
            continue
        slots = match_any(forms, trajectory.prompt)
        rows.append(
            [
                f"{one['kernel']} v{one['version']}",
                badge("bound", "success") if slots else badge("another form", "warning"),
                "; ".join(f"{name}: {_shown(value)}" for name, value in slots.items())
                or brief(forms[0], VALUE_CHARS),
            ]
        )
    return (
        table(["kernel", "its slots", "values, or the form it wants"], rows) if rows else said("")
    )


def _shown(value: Any) -> str:
    listed = value if isinstance(value, list) else [value]
    return brief(", ".join(str(one) for one in listed[:20]), VALUE_CHARS)
