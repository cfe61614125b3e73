"""One schema in the forms that each kind of model server takes."""

from typing import Any

import jsonschema_rs
import pytest

from kernels.decoding.bounds import bounded
from kernels.decoding.known import NO_BOUNDS
from workers.backends.completion import BackendRejected
from workers.backends.dialects import (
    constraint,
    for_anthropic,
    for_openai,
    for_xgrammar,
    known_bounds,
    spelled_out,
)

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[A-Z]"}},
    "required": ["city"],
    "additionalProperties": False,
}


def test_each_server_is_asked_in_its_own_way() -> None:
    llama, vllm, openai = (constraint(name, CITY) for name in ("llama.cpp", "vllm", "openai"))
    assert llama["response_format"]["json_schema"]["schema"] == CITY
    assert vllm == {"structured_outputs": {"json": CITY}}
    assert openai["response_format"]["json_schema"]["strict"] is True


def test_what_vllms_xgrammar_refuses_is_left_to_the_verifier() -> None:
    schema = {
        "type": "object",
        "properties": {
            "uniqueItems": {"type": "array", "uniqueItems": True, "items": {"multipleOf": 3}},
            "link": {"type": "string", "format": "uri"},
            "day": {"type": "string", "format": "date"},
        },
        "minProperties": 2,
    }
    assert for_xgrammar(schema) == {
        "type": "object",
        "properties": {
            "uniqueItems": {"type": "array", "items": {}},
            "link": {"type": "string"},
            "day": {"type": "string", "format": "date"},
        },
    }


def test_openai_gets_what_its_strict_subset_knows() -> None:
    assert for_openai(CITY) == CITY | {
        "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}}
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},  # may be left out
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "array", "items": {"type": "string"}},
        {"anyOf": [CITY]},
        CITY | {"properties": {"city": {}}},
        CITY | {"properties": {"city": {"allOf": [{"type": "string"}]}}},
        CITY | {"properties": {"city": {"enum": [str(n) for n in range(1001)]}}},
        CITY | {"properties": {"city": {"enum": ["x" * 60 + str(n) for n in range(251)]}}},
    ],
)
def test_what_openais_strict_subset_cannot_say_is_not_asked_strictly(schema: Any) -> None:
    assert for_openai(schema) is None
    asked = constraint("openai", schema)["response_format"]["json_schema"]
    assert (asked["strict"], asked["schema"]) == (False, schema)


def test_ten_levels_of_objects_are_openais_limit() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(10):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    assert for_openai(schema) is not None
    assert for_openai({"type": "object", "properties": {"a": schema}, "required": ["a"]}) is None


def test_alternatives_of_which_one_holds_become_alternatives() -> None:
    either = {"oneOf": [{"type": "string"}, {"type": "null"}]}
    schema = CITY | {"properties": {"city": either}}
    found = for_openai(schema)
    assert found is not None
    assert found["properties"]["city"] == {"anyOf": either["oneOf"]}


def test_fixed_lists_and_objects_are_spelled_out() -> None:
    fixed = {"const": {"names": ["a", "b"], "empty": []}}
    found = spelled_out(fixed)
    jsonschema_rs.validate(found, fixed["const"])
    assert not jsonschema_rs.is_valid(found, {"names": ["a", "c"], "empty": []})
    assert not jsonschema_rs.is_valid(found, {"names": ["a"], "empty": []})
    places = spelled_out({"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}]})
    assert places == {"type": "array", "items": {"anyOf": [{"const": 1}, {"type": "string"}]}}


def test_anthropics_transformation_takes_what_is_fixed() -> None:
    schema = CITY | {"properties": {"city": {"const": ["a", "b"]}}}
    city = for_anthropic(schema)["properties"]["city"]
    assert city["items"] == {"anyOf": [{"const": "a"}, {"const": "b"}]}


def test_anthropic_gets_lists_of_types_as_alternatives() -> None:
    schema = {"type": "object", "properties": {"type": {"type": ["string", "null"]}}}
    found = for_anthropic(schema)["properties"]["type"]
    assert found == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_a_schema_that_anthropic_cannot_enforce_is_refused() -> None:
    with pytest.raises(BackendRejected, match="schema"):
        for_anthropic({"properties": {"a": {}}})


def test_bounds_are_known_where_they_reach_the_grammar() -> None:
    words = {"type": "array", "items": {"type": "string"}}
    schema = {
        "type": "object",
        "properties": {"words": words},
        "required": ["words"],
        "additionalProperties": False,
    }

    def derived(dialect: Any, max_tokens: int) -> Any:
        known = known_bounds(dialect, schema)
        return bounded(schema, max_tokens, known=known).grammar["properties"]["words"]

    assert derived("openai", 100) == words | {"maxItems": 150}
    for dialect in ("llama.cpp", "vllm"):
        assert derived(dialect, 100)["items"]["maxLength"] == 598
    assert derived("llama.cpp", 512) == words | {"maxItems": 768}
    assert derived("vllm", 512)["items"]["maxLength"] == 3070
    assert known_bounds("openai", {"type": "object"}) is NO_BOUNDS


def test_a_pattern_that_is_left_out_sets_no_bound() -> None:
    known = known_bounds("vllm", {})
    assert known.pattern("^[a-z]{1,9}$")
    assert not known.pattern('^"[a-z]{1,9}$')
