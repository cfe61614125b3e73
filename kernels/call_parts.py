"""Which other apps' calls a request holds, for kernels that were made for one of them."""

import re
from dataclasses import dataclass
from typing import Any

from kernels.routing import Asked

MAX_SYSTEMS = 4
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")  # as a branch of a composition may be called


@dataclass(frozen=True)
class Call:
    """A system prompt and an output schema; `property`: whose schema it is in the asked one."""

    system: str
    output_schema: dict[str, Any] | None
    property: str = ""


def calls(asked: Asked) -> list[Call]:
    """The request's own call, or those of its parts where it asks for an object of two objects.

    Each system message then stands beside each of the two schemas.
    """
    parts = _two_objects(asked.output_schema)
    if not parts:
        return [Call(asked.input["system"], asked.output_schema)]
    systems = dict.fromkeys((*asked.systems[:MAX_SYSTEMS], asked.input["system"]))
    return [Call(system, schema, name) for name, schema in parts.items() for system in systems]


def _two_objects(schema: dict[str, Any] | None) -> dict[str, Any]:
    """The two properties that an output has by its schema, no more, no less; else nothing."""
    if schema is None or set(schema) - {"type", "properties", "required", "additionalProperties"}:
        return {}
    parts = schema.get("properties", {})
    closed = schema.get("additionalProperties") is False and schema.get("type") == "object"
    if not closed or len(parts) != 2 or set(schema.get("required", ())) != set(parts):
        return {}
    named = all(_NAME.fullmatch(name) for name in parts)
    objects = all(isinstance(p, dict) and p.get("type") == "object" for p in parts.values())
    return parts if named and objects else {}
