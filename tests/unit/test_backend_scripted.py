"""The scripted backend and the instances it makes up."""

import json
import time
from typing import Any

import jsonschema_rs
import pytest

from workers.backends.completion import BackendRejected, BackendTimeout, ModelRequest
from workers.backends.minimal_instance import minimal_instance
from workers.backends.scripted import ScriptedBackend

HI = ModelRequest(({"role": "user", "content": "say  hi\n"},), max_tokens=64)
TREE = {
    "$defs": {
        "leaf": {"type": "string", "minLength": 2},
        "node": {
            "type": "object",
            "properties": {"name": {"$ref": "#/$defs/leaf"}, "next": {"$ref": "#/$defs/node"}},
            "required": ["name"],
        },
    },
    "$ref": "#/$defs/node",
}


def test_it_answers_in_the_order_of_the_script() -> None:
    backend = ScriptedBackend(["one", lambda request: f"two of {len(request.messages)}"])
    backend.enqueue("three")
    texts = [backend.complete(HI).text for _ in range(3)]
    assert texts == ["one", "two of 1", "three"]


def test_it_raises_the_errors_of_the_script() -> None:
    backend = ScriptedBackend([BackendTimeout(), BackendTimeout()])
    with pytest.raises(BackendTimeout):
        backend.complete(HI)
    with pytest.raises(BackendTimeout):
        next(backend.stream(HI))


def test_it_repeats_the_user_once_the_script_is_over() -> None:
    backend = ScriptedBackend()
    assert backend.complete(HI).text == "say  hi\n"
    assert backend.requests == [HI]


def test_it_streams_what_it_would_say_at_once() -> None:
    backend = ScriptedBackend()
    *pieces, last = backend.stream(HI)
    assert [piece.text for piece in pieces] == ["say", "  hi\n"]
    assert last.completion == backend.complete(HI)


def test_it_stops_at_the_limit() -> None:
    cut = ScriptedBackend(["one two three"]).complete(ModelRequest((), max_tokens=2))
    assert (cut.text, cut.finish_reason, cut.completion_tokens) == ("one two", "length", 2)


def test_it_takes_its_time_for_each_token() -> None:
    started = time.monotonic()
    ScriptedBackend(["one two three"], delay_s=0.02).complete(HI)
    assert time.monotonic() - started >= 0.06


def test_it_answers_with_json_where_json_is_asked_for() -> None:
    backend = ScriptedBackend()
    assert backend.complete(ModelRequest((), 9, json_object=True)).text == "{}"
    assert json.loads(backend.complete(ModelRequest((), 9, schema=TREE)).text) == {"name": "xx"}


@pytest.mark.parametrize(
    "schema",
    [
        TREE,
        {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
        {"type": "array", "prefixItems": [{"type": "null"}, {"const": 4}], "minItems": 3},
        {"type": "integer", "minimum": 3, "multipleOf": 5},
        {"type": "integer", "exclusiveMinimum": 7},
        {"type": "integer", "maximum": -2},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "number", "minimum": 0.2, "maximum": 0.4},
        {"type": "number", "exclusiveMaximum": -3},
        {"type": ["string", "null"], "format": "date-time"},
        {"enum": ["b", "a"]},
        {"anyOf": [{"type": "integer", "minimum": 2}, {"type": "null"}]},
        {"allOf": [{"type": "object", "required": ["a"]}], "properties": {"a": {"const": 1}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
    ],
)
def test_a_minimal_instance_is_valid_and_always_the_same(schema: dict[str, Any]) -> None:
    instance = minimal_instance(schema)
    jsonschema_rs.validate(schema, instance)
    assert instance == minimal_instance(schema)


def test_a_minimal_instance_leaves_out_what_is_not_required() -> None:
    assert minimal_instance({"type": "object", "properties": {"a": {"type": "string"}}}) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"enum": []},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
    ],
)
def test_a_schema_without_a_small_instance_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(BackendRejected):
        ScriptedBackend().complete(ModelRequest(({"role": "user", "content": "x"},), 9, schema))
