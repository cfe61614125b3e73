"""The output schema, narrowed by what the prompt binds."""

import json
from collections.abc import Sequence
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from kernels.execution import Reply, run_recipe
from kernels.slots import bind
from kernels.spec import Binding, ComputeStep, GenerateStep, KernelSpec, Limit
from kernels.tightening import MOST_SPANS, SPAN_OF, BindingFailed, chunks_of, spans_of
from workers.backends.dialects import constraint, for_anthropic

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 3},
        "names": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 5},
        "count": {"type": "integer", "minimum": 1},
        "share": {"type": "number", "exclusiveMinimum": 0},
        "note": {"type": "string"},
    },
    "required": ["city"],
    "additionalProperties": False,
}
PROMPT = "Ann Lee and Bo Berg fly to New York with 3 bags, 12.5 kg."


def narrowed(*limits: Limit, prompt: str = PROMPT, bindings: Any = ()) -> dict[str, Any]:
    """The properties of the schema that the model is asked under."""
    asked: list[dict[str, Any]] = []

    def model(messages: Sequence[Any], schema: dict[str, Any], most: int, heat: float) -> Reply:
        asked.append(schema)
        return Reply("{}", "m")

    run_recipe(kernel(*limits, bindings=bindings), bind(prompt), (), model)
    found: dict[str, Any] = asked[0]["properties"]
    return found


def kernel(*limits: Limit, bindings: Any = ()) -> KernelSpec:
    computed = (ComputeStep(bindings=bindings),) if bindings else ()
    return KernelSpec(
        name="fly",
        family="travel",
        description="Flies.",
        output_schema=SCHEMA,
        steps=(*computed, GenerateStep(limits=limits)),
    )


def limit(name: str, how: Any, expression: str) -> Limit:
    return Limit(property=name, how=how, expression=expression)


def test_a_string_that_is_copied_is_one_of_the_spans_of_the_prompt() -> None:
    cities = narrowed(limit("city", "span", "input.prompt"))["city"]["enum"]
    assert {"New York", "Ann Lee", "12.5", "fly to New York"} <= set(cities)
    assert "to" not in cities  # the schema asks for three characters
    assert not any(city.endswith((".", ",", " ")) for city in cities)
    assert all(city in PROMPT for city in cities)


def test_each_string_of_a_list_is_a_span() -> None:
    names = narrowed(limit("names", "span", "input.prompt"))["names"]
    assert "Bo Berg" in names["items"]["enum"]
    assert max(map(len, names["items"]["enum"])) <= 12
    assert names["maxItems"] == 5


def test_spans_of_a_long_text_are_not_listed_but_noted_for_grammars_in_process() -> None:
    text = " ".join(f"word{n}" for n in range(MOST_SPANS))
    assert spans_of(text) is None
    city = narrowed(limit("city", "span", "input.prompt"), prompt=text)["city"]
    assert city == {"type": "string", "minLength": 3, "maxLength": len(text), SPAN_OF: text}


def test_no_server_is_sent_the_note() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", SPAN_OF: "secret"}}}
    for dialect in ("llama.cpp", "vllm", "openai"):
        assert "secret" not in json.dumps(constraint(dialect, schema))
    assert "secret" not in json.dumps(for_anthropic(schema))


def test_chunks_put_together_are_the_inside_of_a_json_string() -> None:
    text = 'say "hi",\n\tback\\slash é'
    assert json.loads('"' + "".join(chunks_of(text)) + '"') == text
    assert all(json.loads(f'"{chunk}"') in text for chunk in chunks_of(text))


def test_a_list_takes_its_values_from_a_list_of_the_prompt() -> None:
    names = narrowed(limit("names", "among", "input.names"))["names"]
    assert names["items"] == {"enum": ["Ann Lee", "Bo Berg", "New York"]}
    assert names["maxItems"] == 3
    assert narrowed(limit("names", "among", "input.emails"))["names"]["maxItems"] == 0


def test_a_value_is_taken_from_a_list_of_the_prompt_as_far_as_the_schema_allows() -> None:
    assert narrowed(limit("city", "among", "['X', 'Rome', 'Rome']"))["city"] == {"enum": ["Rome"]}


def test_what_is_bound_bounds() -> None:
    found = narrowed(
        limit("count", "at_most", "size(input.numbers)"),
        limit("share", "at_most", "input.numbers[1]"),
        limit("names", "at_least", "1"),
        limit("names", "at_most", "size(input.names)"),
        limit("note", "at_most", "size(input.prompt)"),
    )
    assert found["count"] == {"type": "integer", "minimum": 1, "maximum": 2}
    assert found["share"]["maximum"] == 12.5
    assert (found["names"]["minItems"], found["names"]["maxItems"]) == (1, 3)
    assert found["note"]["maxLength"] == len(PROMPT)


def test_a_bound_of_a_whole_number_is_whole() -> None:
    found = narrowed(limit("count", "at_most", "input.numbers[1]"))["count"]
    assert found["maximum"] == 12
    assert narrowed(limit("count", "at_least", "input.numbers[1]"))["count"]["minimum"] == 13


def test_a_narrower_bound_of_the_schema_stays() -> None:
    found = narrowed(limit("names", "at_most", "99"), limit("count", "at_least", "-3"))
    assert (found["names"]["maxItems"], found["count"]["minimum"]) == (5, 1)


@pytest.mark.parametrize(
    ("name", "how", "expression"),
    [
        ("city", "among", "input.emails"),
        ("city", "among", "input.numbers[0]"),  # no list
        ("city", "among", "input.negated"),
        ("count", "at_most", "0"),
        ("share", "at_most", "-1.5"),
        ("names", "at_most", "-1"),
        ("names", "at_least", "6"),
        ("count", "at_most", "input.prompt"),
        ("count", "at_most", "input.numbers[9]"),
        ("city", "span", "''"),
    ],
)
def test_a_limit_that_leaves_nothing_fails_before_a_model_is_asked(
    name: str, how: str, expression: str
) -> None:
    with pytest.raises(BindingFailed):
        narrowed(limit(name, how, expression))


def test_a_value_that_is_computed_needs_no_limit() -> None:
    bound = Binding(property="count", expression="2")
    found = narrowed(limit("count", "at_most", "0"), bindings=(bound,))
    assert found["count"] == {"enum": [2]}


def test_what_is_narrowed_is_allowed_by_the_schema() -> None:
    found = narrowed(limit("city", "span", "input.prompt"), limit("names", "among", "input.names"))
    for city in found["city"]["enum"]:
        jsonschema_rs.validate(SCHEMA, {"city": city, "names": found["names"]["items"]["enum"]})


def test_a_limit_must_name_a_property_of_the_schema() -> None:
    with pytest.raises(ValidationError, match="'town' is not a property"):
        kernel(limit("town", "span", "input.prompt"))
    with pytest.raises(ValidationError, match="not a CEL expression"):
        limit("city", "span", "input.prompt +")


def test_a_kernel_without_limits_keeps_the_digest_it_had_before_there_were_any() -> None:
    assert kernel().digest == "e2ea4434cbb43445fd6b743c6155f868ff1c1231c547a65b0cf85f0dc3f0d742"
    assert "limits" not in json.dumps(kernel().model_dump(mode="json"))


def test_a_kernel_with_limits_comes_back_as_it_was() -> None:
    limited = kernel(limit("city", "span", "input.prompt"))
    assert KernelSpec.model_validate(limited.model_dump(mode="json")) == limited
    assert limited.digest != kernel().digest
