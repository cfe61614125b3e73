"""What a JSON Schema that a client sends may be: model servers compile it before they answer."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings

from kernels.conditions.kinds import require_schema

BOUNDS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)
COUNTS = frozenset(name for pair in BOUNDS[:4] for name in pair)
DATA = ("default", "const", "enum", "examples")  # not schemas, whatever they look like
MAX_COUNT = 2**31 - 1
REPEATS = re.compile(r"(?<!\()[?*+{]")
MAX_PATTERN_CHARS = 1_000
MAX_PATTERN_REPEATS = 80
MAX_PATTERN_BRANCHES = 500  # alternatives times repeats: what llama.cpp's time grows with


@dataclass(frozen=True)
class SchemaSize:
    """What makes a schema slow to compile.

    `choices` are members of enums and alternatives of anyOf and oneOf, `depth` is levels of JSON.
    """

    characters: int
    choices: int
    properties: int
    depth: int

    @classmethod
    def of(cls, schema: dict[str, Any]) -> Self:
        objects = list(_objects(schema))
        listed = [one.get(name) for one, _ in objects for name in ("enum", "anyOf", "oneOf")]
        named = [one.get("properties") for one, _ in objects]
        return cls(
            characters=len(json.dumps(schema, ensure_ascii=False)),
            choices=sum(len(found) for found in listed if isinstance(found, list)),
            properties=sum(len(found) for found in named if isinstance(found, dict)),
            depth=max(depth for _, depth in objects),
        )


def require_servable(schema: dict[str, Any]) -> None:
    """Raises ValueError when `schema` is too large, no JSON Schema, or contradicts itself.

    Contradictions are those that are plain from one object; others fail the answer's own check.
    """
    _require_size(SchemaSize.of(schema))
    require_schema(schema)
    for one, _ in _objects(schema, data=False):
        _require_consistent(one)


def _require_size(size: SchemaSize) -> None:
    limits = (
        ("characters", size.characters, settings.KW_MAX_SCHEMA_CHARS),
        ("enum members and alternatives", size.choices, settings.KW_MAX_SCHEMA_CHOICES),
        ("properties", size.properties, settings.KW_MAX_SCHEMA_PROPERTIES),
        ("levels of JSON", size.depth, settings.KW_MAX_SCHEMA_DEPTH),
    )
    for what, found, limit in limits:
        if found > limit:
            raise ValueError(f"the schema has {found} {what}; at most {limit} are accepted")


def _require_consistent(one: dict[str, Any]) -> None:
    """llama.cpp takes all memory for a length whose limits cross, or do not fit 32 bits."""
    numbers = {name: value for name, value in one.items() if isinstance(value, int | float)}
    for name in COUNTS & numbers.keys():
        if numbers[name] > MAX_COUNT:
            raise ValueError(f"{name} is above {MAX_COUNT}")
    for least, most in BOUNDS:
        if {least, most} <= numbers.keys() and numbers[least] > numbers[most]:
            raise ValueError(
                f"no value satisfies it: {least} {numbers[least]} is above {most} {numbers[most]}"
            )
    if one.get("enum") == []:
        raise ValueError("no value satisfies it: enum is empty")
    if isinstance(pattern := one.get("pattern"), str):
        _require_plain(pattern)


def _require_plain(pattern: str) -> None:
    """Does not cover many patterns that are each just within the limits, in one anyOf."""
    repeats = len(REPEATS.findall(pattern))
    branches = pattern.count("|") * repeats
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"a pattern is longer than {MAX_PATTERN_CHARS} characters")
    if repeats > MAX_PATTERN_REPEATS or branches > MAX_PATTERN_BRANCHES:
        raise ValueError("a pattern has too many repeats and alternatives")


def _objects(schema: dict[str, Any], *, data: bool = True) -> Iterator[tuple[dict[str, Any], int]]:
    """Every object in a schema with its depth, 1 for the outermost; with or without mere data.

    All others are taken for schemas, wherever they stand: a `$ref` may point to any of them.
    """
    waiting: list[tuple[Any, int]] = [(schema, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            yield value, depth
            inner = list(value.values()) if data else _schemas_in(value)
        else:
            inner = value
        waiting.extend((one, depth + 1) for one in inner if isinstance(one, dict | list))


def _schemas_in(one: dict[str, Any]) -> list[Any]:
    """What stands in an object, less its data; a property may bear the name of such."""
    named = one.get("properties")
    properties = list(named.values()) if isinstance(named, dict) else []
    return properties + [v for name, v in one.items() if name not in (*DATA, "properties")]
