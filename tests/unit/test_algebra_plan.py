"""A composition as data: what is refused, and its identity."""

from typing import Any

import pytest
from pydantic import ValidationError

from kernels.algebra.plan import MAX_DEPTH, MAX_VISITS, Composition, most_visits, nodes_of

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


def looped(body: dict[str, Any], *turns: int) -> dict[str, Any]:
    for at_most in turns:
        body = {"kind": "loop", "body": body, "at_most": at_most}
    return body


def test_each_turn_and_each_try_counts_as_a_visit() -> None:
    # The parallel: itself, a kernel, a loop (4), and the loop tried again (4).
    assert most_visits(composition(NESTED).plan) == 1 + 1 + 10 + 2 + 1


def test_a_plan_that_could_run_for_ever_is_refused() -> None:
    assert most_visits(composition(looped(KERNEL, 30, 60)).plan) == 1 + 60 * 31 < MAX_VISITS
    with pytest.raises(ValidationError, match="more than 2000 steps"):
        composition(looped(KERNEL, 40, 60))
    tried: dict[str, Any] = KERNEL
    for _ in range(4):
        breaker = {"kind": "circuit_breaker", "after": 20}
        tried = {"kind": "sequence", "steps": [tried], "strategy": breaker}
    with pytest.raises(ValidationError, match="more than 2000 steps"):
        composition(tried)


def test_loops_are_nested_three_deep_at_most() -> None:
    assert composition(looped(KERNEL, 2, 2, 2))
    with pytest.raises(ValidationError, match="loops nested more than 3 deep"):
        composition(looped(KERNEL, 2, 2, 2, 2))
