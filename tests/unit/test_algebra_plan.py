"""A composition as data: what is refused, and its identity."""

from typing import Any

import pytest
from pydantic import ValidationError

from kernels.algebra.plan import MAX_DEPTH, Composition, nodes_of

KERNEL: dict[str, Any] = {"kind": "kernel", "kernel": "extract-dates", "digest": "0" * 64}
NESTED: dict[str, Any] = {
    "kind": "sequence",
    "steps": [
        {**KERNEL, "name": "found"},
        {
            "kind": "parallel",
            "branches": [KERNEL, {"kind": "loop", "body": KERNEL, "at_most": 3}],
            "strategy": {"kind": "circuit_breaker", "after": 2},
        },
        {"kind": "conditional", "when": "size(input.dates) > 1", "then": KERNEL},
        {**KERNEL, "input": {"prompt": "outputs.found.dates.map(d, d + '!')[0]"}},
    ],
    "output": {"dates": "outputs.found.dates"},
}


def composition(plan: dict[str, Any], **fields: Any) -> Composition:
    return Composition.model_validate({"name": "dates-twice", "plan": plan, **fields})


def test_a_composition_survives_json() -> None:
    given = composition(NESTED)
    again = Composition.model_validate_json(given.model_dump_json())
    assert again == given
    assert again.digest == given.digest


def test_a_change_anywhere_inside_changes_the_digest() -> None:
    changed = composition({**NESTED, "steps": [*NESTED["steps"][:-1], KERNEL]})
    assert changed.digest != composition(NESTED).digest


def test_it_names_the_kernels_it_may_run_in_order() -> None:
    assert [ref.kernel for ref in composition(NESTED).kernels] == ["extract-dates"] * 5
    assert len(nodes_of(composition(NESTED).plan)) == 9


def deep(levels: int) -> dict[str, Any]:
    return {"kind": "sequence", "steps": [deep(levels - 1)]} if levels else KERNEL


@pytest.mark.parametrize(
    "plan",
    [
        {**KERNEL, "digest": "latest"},
        {**KERNEL, "name": "not a name"},
        {**KERNEL, "input": {"prompt": "input.prompt +"}},
        {**KERNEL, "input": {"prompt": "output.text"}},
        {**KERNEL, "input": {"prompt": "fetch(input.url)"}},
        {"kind": "sequence", "steps": []},
        {"kind": "sequence", "steps": [{**KERNEL, "name": "a"}, {**KERNEL, "name": "a"}]},
        {
            "kind": "sequence",
            "steps": [KERNEL],
            "output": {"a": "input"},
            "strategy": {"kind": "best_effort"},
        },
        {"kind": "parallel", "branches": [KERNEL] * 17},
        {"kind": "conditional", "when": "outputs.a", "then": KERNEL},
        {"kind": "loop", "body": KERNEL, "at_most": 0},
        {"kind": "loop", "body": KERNEL, "until": "outputs.a", "at_most": 2},
        {"kind": "race", "branches": [KERNEL]},
        {"kind": "sequence", "steps": [{"kind": "sequence", "steps": [KERNEL] * 32}] * 4},
        deep(MAX_DEPTH),
    ],
)
def test_a_plan_that_cannot_run_is_refused(plan: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        composition(plan)


def test_an_input_that_is_no_schema_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a JSON Schema"):
        composition(KERNEL, input_schema={"type": "nothing"})
