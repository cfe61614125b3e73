"""What a step takes: objects bound like prompts, templates, and what can be told of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.algebra.expression_types import Untold, type_of
from kernels.algebra.flows import object_of
from kernels.algebra.inputs import SLOTS, InputFailed, bound_input
from kernels.algebra.schemas import Schema, is_valid
from kernels.algebra.templates import NoValue, build, holds, value_of
from kernels.slots import bind

TEXT: Schema = {"type": "string"}
FOUND = object_of(
    {
        "title": TEXT,
        "count": {"type": "integer"},
        "a b": {"const": 1},
        "tags": {"type": "array", "items": TEXT, "minItems": 1},
    }
)
VARIABLES: dict[str, Schema] = {"input": SLOTS, "outputs": object_of({"found": FOUND})}


@given(st.text())
def test_the_slots_of_any_prompt_satisfy_their_schema(prompt: str) -> None:
    assert is_valid(SLOTS, bind(prompt))


def test_a_prompt_is_bound_as_ever() -> None:
    assert bound_input({"prompt": "9 km", "system": "be brief"}) == bind("9 km", "be brief")
    assert bound_input(bind("9 km to m")) == bind("9 km to m")


def test_an_object_without_a_prompt_is_read_as_json() -> None:
    bound = bound_input({"value": 9, "unit": "km"})
    assert bound["prompt"] == '{"unit": "km", "value": 9}'
    assert bound["numbers"] == [9.0]
    assert bound["value"] == 9


def test_what_is_given_wins_over_what_is_found() -> None:
    assert bound_input({"prompt": "1 and 2", "numbers": [3]})["numbers"] == [3]


@pytest.mark.parametrize("given", ["text", None, {"prompt": 3}, {"system": ["a"]}])
def test_a_kernel_takes_no_other_values(given: Any) -> None:
    with pytest.raises(InputFailed):
        bound_input(given)


def test_a_template_builds_an_object() -> None:
    variables = {"input": {"to": "Bo"}, "outputs": {"found": {"n": [1, 2]}}}
    template = {"prompt": "'Dear ' + input.to", "numbers": "outputs.found.n"}
    assert build(template, variables) == {"prompt": "Dear Bo", "numbers": [1, 2]}


@pytest.mark.parametrize("expression", ["input.gone", "b'bytes'", "1.0 / 0.0", "duration('3s')"])
def test_what_is_no_json_is_no_value(expression: str) -> None:
    with pytest.raises(NoValue):
        value_of(expression, {"input": {}})


def test_a_condition_is_true_or_false() -> None:
    assert holds("input.n > 1", {"input": {"n": 2}})
    with pytest.raises(NoValue, match="not true or false"):
        holds("input.n", {"input": {"n": 2}})


@pytest.mark.parametrize(
    ("expression", "schema"),
    [
        ("'a+b'", {"const": "a+b"}),
        ("[1, 2]", {"const": [1, 2]}),
        ("input.prompt", TEXT),
        ("outputs.found", FOUND),
        ("outputs.found['a b']", {"const": 1}),
        ("outputs.found.tags[0]", TEXT),
        ("string(outputs.found.count)", TEXT),
        ("size(outputs.found.tags)", {"type": "integer", "minimum": 0}),
        ("input.prompt + input.system", TEXT),
        ("'A: ' + input.prompt + '\\n'", {"type": "string", "minLength": 4}),
    ],
)
def test_what_simple_expressions_give_is_told(expression: str, schema: Schema) -> None:
    assert type_of(expression, VARIABLES) == schema


@pytest.mark.parametrize(
    "expression",
    [
        "outputs.other.title",
        "outputs.found.missing",
        "outputs.found.tags[1]",
        "outputs.found.count.digits",
        "string(outputs.found.tags)",
        "'n: ' + outputs.found.count",
        "outputs.found.count + outputs.found.count",
        "input.words > 3 ? 'a' : 'b'",
        "input.numbers.map(n, n)",
        "1 / 0",
    ],
)
def test_what_is_not_sure_to_have_a_value_is_not_told(expression: str) -> None:
    with pytest.raises(Untold):
        type_of(expression, VARIABLES)
