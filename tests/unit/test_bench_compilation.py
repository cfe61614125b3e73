"""`bench compile` without its model: learning, the comparison on other prompts, the report."""

import json
from typing import Any

import pytest

from kwsite.bench.claim.family import Family, Sample, equal
from kwsite.bench.compilation.measure import ENOUGH, Limits, measure_family
from kwsite.bench.compilation.outcome import Compiled
from kwsite.bench.compilation.report import as_json, as_markdown, grids, verdict
from kwsite.demo.family import closed_object
from workers.backends.completion import ModelRequest
from workers.backends.scripted import ScriptedBackend

LIMITS = Limits(successes=8, confidence=0.5)


def doubling(count: int = 60) -> Family:
    samples = tuple(Sample(f"Double {n} now.", {"n": 2 * n}) for n in range(3, 3 + count))
    return Family(
        name="doubling",
        kind="arithmetic",
        system="You double.",
        output_schema=closed_object(n={"type": "integer"}),
        train=samples[20:],
        test=samples[:20],
        strangers=(),
        right=equal,
    )


def number(request: ModelRequest) -> int:
    return int(request.messages[-1]["content"].split()[1])


def right_when_even(request: ModelRequest) -> str:
    return json.dumps({"n": 2 * number(request) if number(request) % 2 == 0 else 0})


def measured(said: Any, train: int = 40) -> Compiled:
    backend = ScriptedBackend([said] * 500)
    return measure_family(doubling(), backend, LIMITS, train=train, test=10, advance=lambda: None)


def test_what_the_model_gets_right_now_and_then_is_computed_from_then_on() -> None:
    one = measured(right_when_even)
    assert one.approved, one.refusal
    assert (one.accepted, one.asked) == (ENOUGH, 2 * ENOUGH)
    assert one.spec["templates"] == ["Double {number1} now."]
    assert (one.right_before, one.right_after) == (5, 10)
    assert one.tokens_after == 0 < one.tokens_before
    assert all(answered.by_kernel for answered in one.answered)


def test_too_few_successes_make_no_kernel_and_change_nothing() -> None:
    one = measured(right_when_even, train=14)
    assert one.refusal == "7 successes of one family, 8 are needed"
    assert (one.right_after, one.tokens_after) == (one.right_before, one.tokens_before)


def test_test_prompts_teach_nobody() -> None:
    asked: list[str] = []

    def noting(request: ModelRequest) -> str:
        asked.append(request.messages[-1]["content"])
        return right_when_even(request)

    one = measured(noting)
    test = {answered.prompt for answered in one.answered}
    assert not test & set(asked[: one.asked])
    assert not test & {example["prompt"] for example in one.spec["tests"]}


def test_the_report_names_what_was_found() -> None:
    found = [measured(right_when_even), measured(right_when_even, train=14)]
    assert verdict(found).startswith("1 of 2 families got a kernel; on held-out prompts 1 ")
    comparison, compiled = grids(found)
    assert comparison.rows[0][-4:-2] == ("5 of 10", "10 of 10")
    assert comparison.rows[1][3] == "no kernel"
    assert compiled.rows[0][2] == "n = input.numbers[0] * 2.0"
    written = as_markdown(found, "manage.py bench compile", "a-model")
    assert "`'Double {number1} now.'`" in written
    assert "another input's answer" in written
    assert (
        json.loads(json.dumps(as_json(found, "", "a-model")))["families"][0]["accepted"] == ENOUGH
    )


@pytest.mark.parametrize("broken", ["no JSON", '{"n": "two"}'])
def test_answers_without_the_schema_are_not_learned_from(broken: str) -> None:
    one = measured(broken)
    assert (one.accepted, one.spec) == (0, {})
