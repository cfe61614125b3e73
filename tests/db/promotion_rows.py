"""Families of successes for tests of promotion."""

import json
from typing import Any

from kernels.models import KernelVersion
from tests.db.rows import schema_format, successes
from trajectories.models import Client, Trajectory
from workers.backends.completion import ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.promotion import consider_promotion
from workers.replies import asker
from workers.request import AskedContract

CONVERSION = schema_format(
    {
        "type": "object",
        "properties": {"value": {"type": "number"}, "unit": {"type": "string"}},
        "required": ["value", "unit"],
        "additionalProperties": False,
    }
)
LABEL = schema_format(
    {
        "type": "object",
        "properties": {"label": {"enum": ["bug", "wish"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
)
SORT = "Is this support ticket a bug report or a feature wish? Ticket: "


def conversions(*kilometres: float) -> list[tuple[str, dict[str, Any]]]:
    return [(f"Convert {n} km to m.", {"value": n * 1000, "unit": "m"}) for n in kilometres]


CONVERSIONS = conversions(1, 2, 3.5, 12, 40, 7, 80, 6)
TICKETS = [
    (SORT + "the app crashes on start", {"label": "bug"}),
    (SORT + "please add a dark mode", {"label": "wish"}),
    (SORT + "the app hangs on login", {"label": "bug"}),
    (SORT + "I would like an export", {"label": "wish"}),
    (SORT + "the app loses my data", {"label": "bug"}),
    (SORT + "could you support larger files", {"label": "wish"}),
    (SORT + "the page stays empty", {"label": "bug"}),
    (SORT + "let me choose my own colours", {"label": "wish"}),
]


def consider(seed: Trajectory, backend: ScriptedBackend | None = None) -> KernelVersion | None:
    return consider_promotion(trajectory_id=str(seed.pk), ask=asker(backend or ScriptedBackend()))


def tickets(client: Client, tokens: int = 400, **request: Any) -> list[Trajectory]:
    """Sorted tickets, each of which cost so many tokens in all."""
    family = successes(client, TICKETS, response_format=LABEL, **request)
    Trajectory.objects.update(prompt_tokens=tokens - 10)
    return family


def remembers(request: ModelRequest) -> str:
    """What a model answers that knows the tickets."""
    return json.dumps(dict(TICKETS)[request.messages[-1]["content"]])


def remembers_if_shown(request: ModelRequest) -> str:
    """What a model answers that knows the tickets once it has seen how others were answered."""
    return remembers(request) if len(request.messages) > 2 else '{"label": "?"}'


def contract(*expressions: str) -> AskedContract:
    return AskedContract.model_validate(
        {"conditions": [{"kind": "cel", "expression": e} for e in expressions]}
    )
