"""Bounds that a schema has not, derived from the tokens that an answer may take."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from kernels.decoding.bounds import bounded, largest, smallest
from kernels.decoding.known import Known
from kernels.decoding.patterns import ended

STRINGS = {"type": "array", "items": {"type": "string"}}
FREE = {"type": "object", "additionalProperties": {"type": "string"}}
ANSWER = {
    "type": "object",
    "properties": {
        "label": {"enum": ["bug", "wish"]},
        "title": {"type": "string", "minLength": 3, "maxLength": 40},
        "text": {"type": "string"},
        "tags": STRINGS,
        "rest": FREE,
    },
    "required": ["label", "title", "text", "tags", "rest"],
    "additionalProperties": False,
}


def longest(schema: Any) -> Any:
    """The longest value under a bounded schema, of its own long names."""
    if "enum" in schema:
        return max(schema["enum"], key=len)
    kind = schema["type"]
    if kind == "object":
        value = {name: longest(inner) for name, inner in schema["properties"].items()}
        if (rest := schema.get("additionalProperties")) not in (False, None):
            value |= {f"{n:03}": longest(rest) for n in range(schema["maxProperties"])}
        return value
    if kind == "array":
        return [longest(schema["items"])] * schema["maxItems"]
    return "x" * schema["maxLength"] if kind == "string" else 1


SEEN = {"tags": ["red", "green"], "rest": {"a": "1", "b": "2"}}


@pytest.mark.parametrize("max_tokens", [120, 512, 4096])
def test_when_room_is_shared_the_longest_answer_fits(max_tokens: int) -> None:
    grammar = bounded(ANSWER, max_tokens, attempt=1, seen=SEEN).grammar
    value = longest(grammar)
    jsonschema_rs.validate(ANSWER, value)
    assert len(json.dumps(value)) <= max_tokens + 16


def test_in_the_first_round_each_value_may_have_all_the_room() -> None:
    grammar = bounded(ANSWER, 100).grammar["properties"]
    assert grammar["text"]["maxLength"] == 598
    assert grammar["tags"] == {
        "type": "array",
        "items": {"type": "string", "maxLength": 598},
        "maxItems": 150,
    }
    assert grammar["rest"]["maxProperties"] == 75


def test_bounds_that_the_schema_has_stay() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 40},
            "tags": STRINGS | {"minItems": 2, "maxItems": 3},
            "count": {"type": "integer", "minimum": 1},
        },
    }
    grammar = bounded(schema, 500).grammar
    assert grammar["properties"]["title"] == schema["properties"]["title"]
    assert grammar["properties"]["tags"]["maxItems"] == 3
    assert grammar["properties"]["count"] == schema["properties"]["count"]


def test_no_bound_is_below_what_the_schema_needs() -> None:
    schema = {"type": "array", "minItems": 9, "items": {"type": "string", "minLength": 7}}
    grammar = bounded(schema, 4, attempt=2).grammar
    assert (grammar["maxItems"], grammar["items"]["maxLength"]) == (9, 7)


def test_the_schema_itself_is_left_alone() -> None:
    before = json.dumps(ANSWER)
    bounded(ANSWER, 50, attempt=1)
    assert json.dumps(ANSWER) == before


def test_a_value_at_a_derived_bound_was_cut() -> None:
    plan = bounded({"type": "object", "properties": {"a": {"type": "string"}, "b": STRINGS}}, 10)
    assert plan.reached({"a": "x" * 57, "b": ["y"]}) == ()
    assert plan.reached({"a": "x" * 58}) == ("a",)
    assert plan.reached({"b": ["y"] * 15}) == ("b",)


def test_a_value_at_a_bound_of_the_schema_was_not() -> None:
    plan = bounded({"type": "string", "maxLength": 5}, 10)
    assert plan.reached("xxxxx") == ()


def test_only_bounds_that_a_grammar_holds_are_derived() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": STRINGS}}
    grammar = bounded(schema, 10, known=Known(frozenset({"maxItems"}))).grammar["properties"]
    assert grammar["a"] == {"type": "string"}
    assert grammar["b"] == {"type": "array", "items": {"type": "string"}, "maxItems": 15}
    few = bounded(schema, 10, known=Known(most=20)).grammar["properties"]
    assert (few["a"], few["b"]["maxItems"]) == ({"type": "string"}, 15)


def test_what_goes_beyond_a_bound_was_not_under_it() -> None:
    plan = bounded({"type": "object", "properties": {"a": {"type": "string"}}}, 10)
    assert plan.reached({"a": "x" * 59}) == ()


def test_a_pattern_that_no_grammar_holds_stays_open() -> None:
    schema = {"type": "string", "pattern": "^[a-z]+$"}
    known = Known(frozenset(), pattern=lambda pattern: False)
    assert bounded(schema, 10, known=known).grammar == schema
    assert bounded(schema, 10, known=known).reached("x" * 57) == ()


def test_a_text_is_cut_by_a_pattern_only_at_the_end_of_a_repetition() -> None:
    plan = bounded({"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"}, 100)
    (most,) = {int(end) for end in re.findall(r",(\d+)}", plan.grammar["pattern"])}
    assert plan.reached("-".join(["x" * (most - 1)] * 3)) == ()
    assert plan.reached(f"a-{'x' * most}-b") == ("the output",)


def test_what_breaks_the_schema_itself_is_another_matter() -> None:
    plan = bounded({"type": "object", "properties": {"a": {"const": 1}}}, 10)
    assert plan.reached({"a": 2}) == ()


def test_a_list_goes_by_the_items_that_were_written() -> None:
    grammar = bounded(STRINGS, 100, attempt=1, seen=["x" * 26, "y"]).grammar
    assert (grammar["maxItems"], grammar["items"]["maxLength"]) == (3, 29)


def test_an_object_of_any_names_keeps_the_names_that_fit() -> None:
    seen = {f"name{n}": "value" for n in range(40)}
    plan = bounded(FREE | {"minProperties": 1}, 100, attempt=1, seen=seen)
    assert list(plan.grammar["properties"]) == ["name0", "name1", "name2", "name3", "name4"]
    assert plan.grammar["required"] == ["name0"]
    assert plan.grammar["additionalProperties"] is False
    assert plan.reached({"name0": "a", "name1": "b"}) == ()
    assert plan.reached({f"name{n}": "a" for n in range(5)}) == ("the output",)


def test_any_value_becomes_a_scalar_when_room_is_short_and_counts_as_cut() -> None:
    schema = {"type": "object", "properties": {"x": {}}}
    assert bounded(schema, 50).grammar["properties"]["x"] == {}
    plan = bounded(schema, 50, attempt=1)
    assert "array" not in plan.grammar["properties"]["x"]["type"]
    assert plan.reached({"x": 1}) == ("x",)


def test_alternatives_and_definitions_are_bounded() -> None:
    schema = {
        "$defs": {"name": {"type": "string"}},
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/name"}}],
    }
    grammar = bounded(schema, 10).grammar
    assert grammar["$defs"]["name"]["maxLength"] == 58
    assert grammar["anyOf"][0]["maxLength"] == 58
    assert grammar["anyOf"][1]["items"] == {"$ref": "#/$defs/name"}


@pytest.mark.parametrize(
    ("pattern", "room", "closed"),
    [
        ("^[a-z]+$", 50, "^[a-z]{1,50}$"),
        ("^a*b{2,}$", 20, "^a{0,10}b{2,10}$"),
        (r"^\+\*[+*]+$", 13, r"^\+\*[+*]{1,11}$"),
        ("^(Fixed|Deprecated): .+[.]$", 140, "^(Fixed|Deprecated): .{1,127}[.]$"),
        ("^[a-z]+(-[a-z]+)*$", 200, "^[a-z]{1,8}(-[a-z]{1,8}){0,8}$"),
        ("^(?:a{3,})+$", 100, "^(?:a{3,7}){1,7}$"),
    ],
)
def test_open_repetitions_of_a_pattern_end(pattern: str, room: int, closed: str) -> None:
    found = ended(pattern, room)
    assert found is not None
    assert found.pattern == closed
    assert re.fullmatch(r".*", found.pattern)


@pytest.mark.parametrize("pattern", ["^[a-z]{2,3}$", "a?b", "[*+]", r"\*"])
def test_a_pattern_that_ends_stays(pattern: str) -> None:
    assert ended(pattern, 50) is None


def test_a_pattern_is_held_to_the_length_of_its_string_too() -> None:
    schema = {"type": "string", "pattern": "^[a-z]+$", "maxLength": 12}
    plan = bounded(schema, 500)
    assert plan.grammar["pattern"] == "^[a-z]{1,12}$"
    assert plan.reached("abcdefghijkl") == ()


def test_a_text_at_the_end_of_a_repetition_was_cut() -> None:
    plan = bounded({"type": "string", "pattern": "^[a-z]+$"}, 10)
    repeats = int(plan.grammar["pattern"].split(",")[1].rstrip("}$"))
    assert plan.reached("x" * repeats) == ("the output",)
    assert plan.reached("x" * (repeats - 1)) == ()


def test_sizes_are_those_of_the_shortest_and_longest_values() -> None:
    assert smallest({"type": "string", "minLength": 3}) == 5
    assert smallest({"enum": ["ab", "abcdef"]}) == 4
    assert largest({"enum": ["ab", "abcdef"]}) == 8
    assert largest({"type": "array", "maxItems": 0}) == 2
    assert largest(ANSWER) == float("inf")
