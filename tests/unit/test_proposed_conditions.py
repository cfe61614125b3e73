"""Conditions that a model proposes: only candidates, and only if they are CEL."""

import json
from typing import Any

import pytest

from kernels.compiler.compile import compile_traces
from kernels.compiler.proposed import MOST_PROPOSED, proposed_conditions
from kernels.execution import Reply
from kernels.spec import KernelSpec
from tests.unit.test_compile import trace

TRACES = [
    trace(f"Room for {n} guests", {"code": f"R{n}-{'ab'[n % 2]}", "beds": "two"})
    for n in range(10, 18)
]


def saying(text: str) -> Any:
    return lambda *_: Reply(text)


def conditions(*expressions: str) -> str:
    listed = [{"expression": expression, "label": "so it is"} for expression in expressions]
    return json.dumps({"conditions": listed})


def test_what_is_cel_is_a_candidate() -> None:
    (found,) = proposed_conditions(TRACES, saying(conditions("output.code.startsWith('R')")))
    assert found.label == "so it is (proposed)"


@pytest.mark.parametrize(
    "said", ['{"conditions": [{"expr', "{}", conditions("1 +", "nothing(output)", "true", "")]
)
def test_what_is_no_condition_is_dropped(said: str) -> None:
    assert proposed_conditions(TRACES, saying(said)) == []


def test_a_model_may_only_say_so_much() -> None:
    said = conditions(*(f"output.code != '{n}'" for n in range(50)))
    assert len(proposed_conditions(TRACES, saying(said))) == MOST_PROPOSED


def compiled(*expressions: str) -> KernelSpec:
    also = proposed_conditions(TRACES, saying(conditions(*expressions)))
    return compile_traces(TRACES, also=also)


def test_a_proposal_is_kept_only_if_it_holds_and_refuses_wrong_answers() -> None:
    sharp = "input.numbers.exists(n, output.code.startsWith('R' + string(int(n)) + '-'))"
    kept = {getattr(c, "expression", "") for c in compiled(sharp).postconditions}
    assert sharp in kept
    for worthless in ("size(input.prompt) > 0 || output.code == ''", "output.code == 'R10-a'"):
        kept = {getattr(c, "expression", "") for c in compiled(worthless).postconditions}
        assert worthless not in kept
