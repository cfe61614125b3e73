"""Outputs that a grammar could not hold, written again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest

from kernels.decoding.known import NO_BOUNDS, Known
from kernels.decoding.prefix import whole_part
from kernels.decoding.rounds import hold
from kernels.decoding.second_round import only_value, second_round

LIST = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
ANSWER = {
    "type": "object",
    "properties": {"first": {"type": "string"}, "names": LIST, "last": {"type": "string"}},
    "required": ["first", "names", "last"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "b": [1, 2, 3', {"a": 1, "b": [1, 2]}),
        ('{"a": "x, y", "b": "z, [', {"a": "x, y"}),
        ('{"a": "x\\", y", "b": "z', {"a": 'x", y'}),
        ('{"rows": [{"a": 1}, {"b": 2, "c', {"rows": [{"a": 1}, {"b": 2}]}),
        ('{"a": {"b": "c', {"a": {}}),
        ('"loop loop', None),
        ("", None),
        ("}", None),
    ],
)
def test_the_whole_part_of_a_cut_text_is_read(text: str, value: Any) -> None:
    assert whole_part(text) == value


def test_a_list_that_repeats_itself_is_closed_before_the_repetition() -> None:
    schema = second_round(LIST, ["a", "b", "a", "c"])
    assert schema == {"const": ["a", "b"]}
    assert only_value(schema) == [["a", "b"]]


def test_items_are_compared_as_json_schema_compares_them() -> None:
    schema = {"type": "array", "uniqueItems": True}
    assert second_round(schema, [1, True, "1", [1], {"a": 1, "b": 2}]) is None
    assert second_round(schema, [1, 2, 1.0]) == {"const": [1, 2]}
    assert second_round(schema, [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}]) is not None


def test_what_was_before_is_fixed_and_what_comes_after_is_written_again() -> None:
    schema = second_round(ANSWER, {"first": "x", "names": ["a", "a"], "last": "z"})
    assert schema is not None
    assert schema["properties"] == {
        "first": {"const": "x"},
        "names": {"const": ["a"]},
        "last": {"type": "string"},
    }
    assert only_value(schema) == []


def test_what_is_right_needs_no_second_round() -> None:
    assert second_round(ANSWER, {"first": "x", "names": ["a", "b"], "last": "z"}) is None
    assert second_round(LIST, ["a", "b"]) is None
    assert second_round({"type": "string", "pattern": "^a"}, "b") is None


@pytest.mark.parametrize(
    ("schema", "output"),
    [
        (
            {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
            [2, 2, 1],
        ),
        ({"type": "array", "items": LIST, "minItems": 2}, [["a"], ["b", "b"]]),
        ({"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 2}}, [1, 1]),
        (
            {
                "type": "array",
                "items": {"type": "integer"},
                "contains": {"minimum": 5},
                "maxItems": 2,
            },
            [1, 2],
        ),
        (
            {"type": "array", "contains": {"const": 2}, "maxContains": 1},
            [2, 1, 2],
        ),
        (
            {
                "type": "object",
                "properties": {"card": {"type": "string"}, "cvc": {"const": "123"}},
                "dependentRequired": {"card": ["cvc"]},
            },
            {"card": "4111"},
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"const": 1}, "b": {"const": 2}},
                "minProperties": 2,
            },
            {"b": 2},
        ),
    ],
)
def test_a_second_round_rules_the_break_out(schema: dict[str, Any], output: Any) -> None:
    assert not jsonschema_rs.is_valid(schema, output)
    rounds = 0
    while (again := second_round(schema, output)) is not None:
        assert not jsonschema_rs.is_valid(again, output)
        output, rounds = smallest_of(again), rounds + 1
    jsonschema_rs.validate(schema, output)
    assert 0 < rounds < 3


def smallest_of(schema: Any) -> Any:
    """A value under a schema of fixed parts, numbers and lists of them."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "minimum" in schema:
        return schema["minimum"]
    if "prefixItems" in schema:
        return [smallest_of(part) for part in schema["prefixItems"]]
    return {name: smallest_of(schema["properties"][name]) for name in schema["required"]}


@dataclass(frozen=True)
class Said:
    text: str
    finish_reason: str = "stop"


def writing(*said: Said) -> tuple[Callable[[dict[str, Any]], Said], list[dict[str, Any]]]:
    """A model that says these one after the other, and the grammars that it is given."""
    grammars: list[dict[str, Any]] = []

    def write(grammar: dict[str, Any]) -> Said:
        grammars.append(grammar)
        return said[len(grammars) - 1]

    return write, grammars


def test_an_output_that_holds_takes_one_round() -> None:
    said = Said('{"first": "x", "names": [], "last": "z"}')
    write, _ = writing(said)
    held = hold(ANSWER, 50, write)
    assert (held.text, held.finish_reason, held.drafts) == (said.text, "stop", (said,))


def test_a_cut_output_is_written_again_under_tighter_bounds() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    write, grammars = writing(Said('{"a": "loop loop', "length"), Said('{"a": "short"}'))
    held = hold(schema, 100, write)
    assert (held.text, held.finish_reason, len(held.drafts)) == ('{"a": "short"}', "stop", 2)
    lengths = [grammar["properties"]["a"]["maxLength"] for grammar in grammars]
    assert lengths[0] > 2 * lengths[1]


def test_without_bounds_what_was_cut_stays_cut() -> None:
    cut = Said('{"a": "loop', "length")
    write, grammars = writing(cut)
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    held = hold(schema, 10, write, known=NO_BOUNDS)
    assert (held.finish_reason, grammars) == ("length", [schema])


def test_what_no_known_bound_holds_tighter_is_not_asked_for_again() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "additionalProperties": False,
    }
    write, grammars = writing(Said('{"a": "loop', "length"))
    held = hold(schema, 10, write, known=Known(frozenset({"maxItems"})))
    assert (held.finish_reason, len(grammars)) == ("length", 1)


def test_an_output_at_a_derived_bound_is_no_whole_answer() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    write, _ = writing(Said(json.dumps({"a": "x" * 58})))
    held = hold(schema, 10, write)
    assert (held.finish_reason, held.reached) == ("length", ("a",))


def test_it_gives_up_after_three_rounds() -> None:
    cut = Said('{"a": "loop', "length")
    write, grammars = writing(cut, cut, cut, cut)
    held = hold({"type": "object", "properties": {"a": {"type": "string"}}}, 100, write)
    assert (held.text, held.finish_reason, len(grammars)) == (cut.text, "length", 3)


def test_a_grammar_with_one_sentence_needs_no_model() -> None:
    schema = {"type": "object", "properties": {"names": LIST}, "required": ["names"]}
    write, grammars = writing(Said('{"names": ["a", "b", "a"]}'))
    held = hold(schema, 50, write)
    assert (held.text, held.finish_reason) == ('{"names": ["a", "b"]}', "stop")
    assert len(grammars) == 1


def test_a_loop_in_a_list_of_different_items_is_closed_though_it_was_cut() -> None:
    schema = {"type": "object", "properties": {"names": LIST}, "required": ["names"]}
    write, grammars = writing(Said('{"names": ["a", "b", "a", "b", "a", "b", "a', "length"))
    held = hold(schema, 50, write)
    assert (held.text, held.finish_reason) == ('{"names": ["a", "b"]}', "stop")
    assert len(grammars) == 1


def test_what_came_after_a_break_is_asked_for_again() -> None:
    write, grammars = writing(
        Said('{"first": "x", "names": ["a", "a"], "last": "z"}'),
        Said('{"first": "x", "names": ["a"], "last": "y"}'),
    )
    held = hold(ANSWER, 200, write)
    assert json.loads(held.text)["last"] == "y"
    assert grammars[1]["properties"]["names"] == {"const": ["a"]}
    assert (held.finish_reason, len(held.drafts)) == ("stop", 2)


def test_a_text_that_is_no_json_is_handed_back() -> None:
    write, _ = writing(Said("I would rather not."))
    held = hold(ANSWER, 50, write)
    assert (held.text, held.finish_reason, len(held.drafts)) == ("I would rather not.", "stop", 1)


def test_a_refusal_is_handed_back() -> None:
    write, _ = writing(Said("No.", "content_filter"))
    assert hold(ANSWER, 50, write).finish_reason == "content_filter"
