"""The JSON Schema that outputs share when the app asked for none."""

from collections.abc import Sequence
from typing import Any

from kernels.compiler.errors import NothingInCommon

MOST_LEVELS = 5
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
_TYPES |= {type(None): "null", dict: "object"}


def infer_schema(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A closed object with the properties that all have. Raises NothingInCommon."""
    if len({frozenset(answer) for answer in answers}) != 1 or not answers[0]:
        raise NothingInCommon()
    return _object(answers, MOST_LEVELS)


def _object(values: Sequence[dict[str, Any]], levels: int) -> dict[str, Any]:
    names = sorted(values[0])
    return {
        "type": "object",
        "properties": {name: _schema([value[name] for value in values], levels) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _schema(values: Sequence[Any], levels: int) -> dict[str, Any]:
    kinds = {_TYPES[type(value)] for value in values}
    if kinds == {"integer", "number"}:
        return {"type": "number"}
    if len(kinds) != 1:
        raise NothingInCommon()
    kind = kinds.pop()
    if kind == "array" and levels > 1 and (items := [item for value in values for item in value]):
        return {"type": kind, **_items(items, levels - 1)}
    if kind == "object" and levels > 1 and values[0] and len(set(map(frozenset, values))) == 1:
        return _object(values, levels - 1)
    return {"type": kind}


def _items(items: Sequence[Any], levels: int) -> dict[str, Any]:
    """What the items of lists share; nothing where they are of several kinds."""
    try:
        return {"items": _schema(items, levels)}
    except NothingInCommon:
        return {}
