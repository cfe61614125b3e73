"""Runs a kernel's recipe once: computes what it can, has the rest decoded under schema."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kernels.conditions.checks import Subject, evaluate
from kernels.spec import Binding, KernelSpec
from kernels.tightening import BindingFailed, tightened_schema


@dataclass(frozen=True)
class Reply:
    """What a model wrote, and what it cost in tokens."""

    text: str
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: bool = False  # the tokens ended it, not the model


# messages, output schema, most tokens, temperature
Ask = Callable[[Sequence[dict[str, Any]], dict[str, Any], int, float], Reply]


@dataclass(frozen=True)
class Shot:
    """A worked example: a prompt and its good output."""

    prompt: str
    output: Any


def run_recipe(
    spec: KernelSpec,
    bound: dict[str, Any],
    shots: Sequence[Shot],
    ask: Ask,
    temperature: float = 0.0,
) -> Reply:
    """The output as JSON text. No model is called when the bindings give every property.

    `shots` come nearest first. Raises BindingFailed, and what `ask` raises.
    """
    bound = spec.given(bound)
    values = {b.property: _value(b, spec, bound) for b in spec.bindings}
    fixed = {b.property: values[b.property] for b in spec.bindings if not b.choice}
    step = spec.generate
    if fixed and set(fixed) >= set(spec.output_schema.get("properties", {})):
        return Reply(json.dumps(fixed, ensure_ascii=False))
    if step is None:
        raise BindingFailed("the recipe computes only a part of the output")
    messages: list[dict[str, Any]] = []
    if step.instruction:
        messages.append({"role": "system", "content": step.instruction})
    for shot in reversed(shots[: step.shots]):  # the nearest stands last, next to the question
        messages.append({"role": "user", "content": shot.prompt})
        messages.append(
            {"role": "assistant", "content": json.dumps(shot.output, ensure_ascii=False)}
        )
    messages.append({"role": "user", "content": bound["prompt"]})
    schema = tightened_schema(spec, values, lambda expression: _limit(expression, bound))
    return ask(messages, schema, step.max_tokens, temperature)


def _value(binding: Binding, spec: KernelSpec, bound: dict[str, Any]) -> Any:
    try:
        value = _evaluated(binding.expression, bound)
    except BindingFailed as error:
        raise BindingFailed(f"{binding.property}: {error.detail}") from error
    if binding.choice:
        if not value:
            raise BindingFailed(f"{binding.property}: {binding.expression} gives no choice")
        return [_whole(item) for item in value]
    return _whole(value)


def _limit(expression: str, bound: dict[str, Any]) -> Any:
    value = _evaluated(expression, bound)
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _evaluated(expression: str, bound: dict[str, Any]) -> Any:
    try:
        return evaluate(expression, Subject(bound, None))
    except Exception as error:  # whatever CEL raises, there is no value
        raise BindingFailed(f"{expression}: {error}") from error


def _whole(value: Any) -> Any:
    """12.0 as 12, and a sum like 0.30000000000000004 as 0.3, as a person would write them."""
    if not isinstance(value, float):
        return value
    rounded = round(float(f"{value:.13g}"), 15)
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded
