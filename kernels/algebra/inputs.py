"""How a kernel takes an object that another kernel gave, where it would take a prompt.

The object's `prompt` (without one: the whole object as JSON text) is bound like any prompt, for
kernels that read a prompt. The object's own properties stand beside what was found there, and win
over it, for kernels whose input schema names properties.
"""

import json
from typing import Any

from kernels.slots import LISTS, bind
from trajectories.errors import KernelWeaveError

_EACH = (*LISTS, "signs", "unread")
_ITEMS = {name: {"type": "number" if name == "numbers" else "string"} for name in _EACH}
SLOTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string"},
        "system": {"type": "string"},
        **{name: {"type": "array", "items": items} for name, items in _ITEMS.items()},
        "negated": {"type": "boolean"},
        "words": {"type": "integer", "minimum": 0},
    },
}
SLOTS |= {"required": sorted(SLOTS["properties"]), "additionalProperties": False}
TEXTS = ("prompt", "system")


class InputFailed(KernelWeaveError):
    """A kernel cannot take this value."""


def bound_input(given: Any) -> dict[str, Any]:
    """The `input` of a kernel's conditions and bindings. Raises InputFailed."""
    if not isinstance(given, dict):
        raise InputFailed("a kernel takes an object")
    for name in TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise InputFailed(f"{name} is not a string")
    text = json.dumps(given, ensure_ascii=False, sort_keys=True)
    return {**bind(given.get("prompt", text), given.get("system", "")), **given}
