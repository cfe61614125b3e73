"""Running a recipe: what is computed, and what a model is asked."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from kernels.execution import Reply, Shot, run_recipe
from kernels.slots import bind
from kernels.spec import Binding, ComputeStep, GenerateStep, KernelSpec, Step
from kernels.tightening import BindingFailed

SCHEMA = {
    "type": "object",
    "properties": {"value": {"type": "number"}, "unit": {"type": "string"}},
    "required": ["value", "unit"],
}
VALUE = Binding(property="value", expression="input.numbers[0] * 1000.0")
UNIT = Binding(property="unit", expression="input.units[1]")
ANY_UNIT = Binding(property="unit", expression="input.units", choice=True)
PROMPT = bind("Convert 9 km to m.")


class Model:
    """Answers with a fixed text and remembers what it was asked."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.schema: dict[str, Any] = {}
        self.calls: list[tuple[int, float]] = []

    def __call__(
        self,
        messages: Sequence[dict[str, Any]],
        schema: dict[str, Any],
        max_tokens: int,
        temperature: float,
    ) -> Reply:
        self.messages, self.schema = list(messages), schema
        self.calls.append((max_tokens, temperature))
        return Reply("{}", "m", 3, 1)


def kernel(*steps: Step) -> KernelSpec:
    return KernelSpec(
        name="convert", family="units", description="Converts.", output_schema=SCHEMA, steps=steps
    )


def test_an_output_that_can_be_computed_calls_no_model() -> None:
    model = Model()
    reply = run_recipe(kernel(ComputeStep(bindings=(VALUE, UNIT))), PROMPT, (), model)
    assert reply == Reply('{"value": 9000, "unit": "m"}')
    assert model.calls == []


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("Convert 0.0003 km to m.", 0.3),
        ("Convert 1.1 km to m.", 1100),
        ("Convert 0.0000000000055 km to m.", 5.5e-9),
        ("Convert 1234567890.123 km to m.", 1234567890123),
    ],
)
def test_numbers_are_written_as_a_person_would(prompt: str, value: float) -> None:
    reply = run_recipe(kernel(ComputeStep(bindings=(VALUE, UNIT))), bind(prompt), (), Model())
    assert json.loads(reply.text)["value"] == value


def test_what_is_computed_narrows_what_the_model_may_say() -> None:
    model = Model()
    run_recipe(kernel(ComputeStep(bindings=(VALUE,)), GenerateStep()), PROMPT, (), model)
    assert model.schema["properties"] == {"value": {"enum": [9000]}, "unit": {"type": "string"}}
    assert SCHEMA["properties"]["value"] == {"type": "number"}  # type: ignore[index]


def test_a_choice_narrows_to_what_stands_in_the_prompt() -> None:
    model = Model()
    run_recipe(kernel(ComputeStep(bindings=(VALUE, ANY_UNIT)), GenerateStep()), PROMPT, (), model)
    assert model.schema["properties"]["unit"] == {"enum": ["km", "m"]}


def test_the_nearest_example_stands_last() -> None:
    model = Model()
    shots = [Shot(f"prompt {n}", {"value": n}) for n in range(4)]
    run_recipe(kernel(GenerateStep(instruction="Convert.", shots=2)), PROMPT, shots, model)
    assert [m["content"] for m in model.messages] == [
        "Convert.",
        "prompt 1",
        '{"value": 1}',
        "prompt 0",
        '{"value": 0}',
        "Convert 9 km to m.",
    ]
    assert [m["role"] for m in model.messages] == ["system", *["user", "assistant"] * 2, "user"]


def test_limits_and_temperature_reach_the_model() -> None:
    model = Model()
    run_recipe(kernel(GenerateStep(max_tokens=17)), PROMPT, (), model, temperature=0.7)
    assert model.calls == [(17, 0.7)]


@pytest.mark.parametrize(
    ("binding", "prompt"),
    [(VALUE, "Convert it."), (UNIT, "Convert 3 km."), (ANY_UNIT, "Convert 3.")],
)
def test_a_binding_without_a_value_fails(binding: Binding, prompt: str) -> None:
    spec = kernel(ComputeStep(bindings=(binding,)), GenerateStep())
    with pytest.raises(BindingFailed, match=binding.property):
        run_recipe(spec, bind(prompt), (), Model())


def test_a_recipe_that_computes_only_a_part_fails() -> None:
    with pytest.raises(BindingFailed, match="only a part"):
        run_recipe(kernel(ComputeStep(bindings=(VALUE,))), PROMPT, (), Model())
