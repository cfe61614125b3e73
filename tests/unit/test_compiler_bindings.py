"""Relations between prompts and outputs: what is found, and what must not be."""

from typing import Any

import pytest

from kernels.compiler.bindings import Mined, Pair, mine
from kernels.slots import bind
from kernels.spec import Binding


def mined(*pairs: tuple[str, dict[str, Any]]) -> Mined:
    return mine([Pair(bind(prompt), output) for prompt, output in pairs])


def only(found: Mined) -> Binding:
    (binding,) = found.bindings
    return binding


def test_it_finds_a_position() -> None:
    found = mined(
        ("Send it from a@x.test to b@x.test", {"to": "b@x.test"}),
        ("Send it from c@x.test to d@x.test", {"to": "d@x.test"}),
    )
    assert only(found) == Binding(property="to", expression="input.emails[1]")
    assert found.lists == ("emails",)


def test_without_a_fixed_position_it_finds_a_choice() -> None:
    found = mined(
        ("Who leads? a@x.test, b@x.test", {"lead": "b@x.test"}),
        ("Who leads? c@x.test, d@x.test", {"lead": "c@x.test"}),
    )
    assert only(found) == Binding(property="lead", expression="input.emails", choice=True)


@pytest.mark.parametrize(
    ("expression", "outputs"),
    [
        ("input.numbers[1]", [3, 5, 7]),
        ("input.numbers[0] + input.numbers[1]", [5, 9, 18]),
        ("input.numbers[0] * input.numbers[1]", [6, 20, 77]),
        ("input.numbers[1] - input.numbers[0]", [1, 1, -4]),
        ("input.numbers[0] / input.numbers[1]", [2 / 3, 4 / 5, 11 / 7]),
    ],
)
def test_it_finds_plain_arithmetic(expression: str, outputs: list[float]) -> None:
    prompts = ["2 and 3", "4 and 5", "11 and 7"]
    if expression == "input.numbers[1] - input.numbers[0]":
        prompts, outputs = ["2 and 3", "4 and 9", "11 and 7"], [1, 5, -4]
    found = mined(*((p, {"n": n}) for p, n in zip(prompts, outputs, strict=True)))
    assert only(found).expression == expression


def test_it_finds_a_constant_factor() -> None:
    found = mined(*((f"{n} km in m", {"value": n * 1000}) for n in (1, 2.5, 7)))
    assert only(found).expression == "input.numbers[0] * 1000.0"


def test_tiny_values_are_not_all_the_same() -> None:
    found = mined(*((f"{n} and 1", {"value": n * n * 1e-12}) for n in (1, 2, 3)))
    assert found.bindings == ()


@pytest.mark.parametrize(
    "pairs",
    [
        [("2 and 3", {"n": 5}), ("4 and 5", {"n": 9})],  # two values could be chance
        [("2 and 3", {"n": 5}), ("4 and 5", {"n": 9}), ("1 and 1", {"n": 7})],  # one disagrees
        [("2 and 3", {"n": 5}), ("4", {"n": 9}), ("1 and 1", {"n": 2})],  # not always two numbers
        [(f"{n} stars", {"good": n > 2}) for n in range(5)],  # true and false are not numbers
        [("a@x.test", {"x": "other"}), ("b@x.test", {"x": "b@x.test"})],
        [("a@x.test", {"x": "a@x.test"}), ("b@x.test", {"y": "b@x.test"})],  # nothing shared
        [("0 and 0", {"n": None}), ("1 and 1", {"n": None})],
        [("7 / 0", {"n": 1}), ("8 / 0", {"n": 2}), ("9 / 0", {"n": 4})],
    ],
)
def test_it_finds_nothing_that_does_not_hold_everywhere(
    pairs: list[tuple[str, dict[str, Any]]],
) -> None:
    assert mined(*pairs).bindings == ()
