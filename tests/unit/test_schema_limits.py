"""Which JSON Schemas of clients are refused before a model server sees them."""

from typing import Any

import pytest
from pytest_django import Settings

from kwsite.api.schema_limits import SchemaSize, require_servable


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels - 1):
        schema = {"not": schema}
    return schema


def test_it_counts_what_is_slow_to_compile() -> None:
    schema = {
        "properties": {"a": {"enum": [1, 2, 3]}, "b": {"$ref": "#/$defs/c"}},
        "$defs": {"c": {"anyOf": [{"const": "é"}, {"type": "null"}]}},
    }
    size = SchemaSize.of(schema)
    assert (size.choices, size.properties, size.depth) == (5, 2, 5)
    assert SchemaSize.of({"const": "é"}).characters == len('{"const": "é"}')


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("CHARS", {"const": "x"}),
        ("CHOICES", {"enum": ["x"]}),
        ("CHOICES", {"$defs": {"a": {"oneOf": [{}]}}}),
        ("PROPERTIES", {"items": {"properties": {"a": {}}}}),
        ("DEPTH", nested(2)),
    ],
)
def test_a_schema_over_a_limit_is_refused(
    settings: Settings, name: str, schema: dict[str, Any]
) -> None:
    require_servable(schema)
    setattr(settings, f"KW_MAX_SCHEMA_{name}", 0 if name != "DEPTH" else 1)
    with pytest.raises(ValueError, match="at most"):
        require_servable(schema)


def test_a_schema_at_the_limit_is_taken(settings: Settings) -> None:
    require_servable({"enum": list(range(settings.KW_MAX_SCHEMA_CHOICES))})
    require_servable(nested(settings.KW_MAX_SCHEMA_DEPTH))


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "string", "minLength": 5, "maxLength": 1}, "minLength 5 is above maxLength 1"),
        ({"type": "array", "minItems": 5, "maxItems": 3}, "minItems 5 is above maxItems 3"),
        ({"type": "number", "minimum": 1.5, "maximum": -1}, "minimum"),
        ({"enum": []}, "enum is empty"),
        ({"$ref": "#/x", "x": {"minLength": 5, "maxLength": 1}}, "minLength"),
        ({"properties": {"default": {"minLength": 5, "maxLength": 1}}}, "minLength"),
        ({"minLength": 3, "maxLength": 2**32 + 1}, "maxLength is above"),
        ({"pattern": "^a{5,1}$"}, "not a JSON Schema"),
        ({"items": {"pattern": "a" * 1_001}}, "longer than 1000"),
        ({"items": {"pattern": "(a|b)?" * 40}}, "too many repeats and alternatives"),
        ({"items": {"pattern": "a?" * 81}}, "too many repeats and alternatives"),
    ],
)
def test_a_schema_that_no_grammar_can_follow_is_refused(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        require_servable(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 3, "maxLength": 3},
        {"minLength": 5, "maxItems": 1},
        {"pattern": r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$"},
        {"pattern": f"^({'|'.join(str(n) for n in range(200))})?$"},
        {"properties": {"minLength": {"type": "string"}, "maxLength": {"type": "string"}}},
        {"properties": {"enum": {"type": "array"}}},
    ],
)
def test_a_schema_that_only_looks_like_it_is_taken(schema: dict[str, Any]) -> None:
    require_servable(schema)
