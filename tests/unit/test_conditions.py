"""Each kind of condition: met, not met, and not checkable."""

import json
import time
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kernels.conditions.checks import Check, Judge, Subject, run_check
from kernels.conditions.kinds import CelCondition, Condition, EvidenceCondition

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
OBJECT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def check(condition: dict[str, Any], output: Any, judge: Judge | None = None) -> Check:
    subject = Subject({"prompt": "p", "numbers": [2.0]}, output, ("message",))
    return run_check(CONDITION.validate_python(condition), subject, judge)


@pytest.mark.parametrize(
    ("condition", "output", "status"),
    [
        ({"kind": "schema", "json_schema": OBJECT}, {"n": 1}, "ok"),
        ({"kind": "schema", "json_schema": OBJECT}, {"n": "1"}, "failed"),
        ({"kind": "schema", "json_schema": OBJECT}, None, "failed"),
        ({"kind": "cel", "expression": "output.n == 2"}, {"n": 2}, "ok"),
        ({"kind": "cel", "expression": "output.n == 2"}, {"n": 3}, "failed"),
        ({"kind": "cel", "expression": "output.missing == 2"}, {"n": 3}, "could_not_run"),
        ({"kind": "cel", "expression": "output.n"}, {"n": 3}, "could_not_run"),
        ({"kind": "cel", "expression": "output.n / 0 == 1"}, {"n": 3}, "could_not_run"),
        ({"kind": "cel", "expression": "'message' in trace.events"}, {}, "ok"),
        ({"kind": "cel", "expression": "input.numbers[0] == 2.0"}, {}, "ok"),
        ({"kind": "regex", "path": "a.b", "pattern": "[a-z]+"}, {"a": {"b": "abc"}}, "ok"),
        ({"kind": "regex", "path": "a.b", "pattern": "[a-z]+"}, {"a": {"b": "abc1"}}, "failed"),
        ({"kind": "regex", "path": "a.b", "pattern": ".*"}, {"a": {"b": 1}}, "failed"),
        ({"kind": "regex", "path": "a.b", "pattern": ".*"}, {"a": []}, "failed"),
        ({"kind": "regex", "pattern": "yes|no"}, "yes", "ok"),
        ({"kind": "evidence", "event": "message"}, {}, "ok"),
        ({"kind": "evidence", "event": "tool_result"}, {}, "failed"),
        ({"kind": "judge", "question": "Is it good?"}, {}, "could_not_run"),
    ],
)
def test_a_condition_is_met_or_not_or_cannot_be_checked(
    condition: dict[str, Any], output: Any, status: str
) -> None:
    found = check(condition, output)
    assert found.status == status
    assert found.reason
    assert found.duration_ms >= 0


def test_a_judge_decides_with_a_reason() -> None:
    question = {"kind": "judge", "question": "Is it good?"}
    assert check(question, {}, lambda *_: (True, "fine")).status == "ok"
    refused = check(question, {}, lambda *_: (False, "it is rude"))
    assert (refused.status, refused.reason) == ("failed", "it is rude")


def test_a_judge_that_breaks_does_not_pass() -> None:
    def broken(question: str, given: Any, output: Any) -> tuple[bool, str]:
        raise OSError("no connection")

    found = check({"kind": "judge", "question": "Is it good?"}, {}, broken)
    assert found.status == "could_not_run"
    assert "no connection" in found.reason


def test_a_hostile_pattern_is_matched_in_time() -> None:
    started = time.process_time()
    found = check({"kind": "regex", "pattern": "(a+)+$"}, "a" * 50_000 + "b")
    assert found.status == "failed"
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "schema", "json_schema": {"type": "no such type"}},
        {"kind": "cel", "expression": "output.n =="},
        {"kind": "cel", "expression": "1 == 1"},
        {"kind": "cel", "expression": "output.n == 1 || " * 200 + "true"},
        {"kind": "regex", "pattern": "(?=look)ahead"},
        {"kind": "regex", "pattern": r"(a)\1"},
        {"kind": "regex", "pattern": "("},
        {"kind": "judge", "question": ""},
        {"kind": "cel", "expression": "output.n == 1", "extra": 1},
        {"kind": "magic"},
    ],
)
def test_a_condition_that_could_never_run_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python(condition)


def test_a_check_is_told_as_json() -> None:
    told = check({"kind": "cel", "expression": "output.n == 2", "label": "two"}, {"n": 2}).as_json()
    assert told.keys() == {"kind", "label", "status", "reason", "duration_ms"}
    assert told["label"] == "two"


def test_a_word_is_found_whole_and_in_any_case() -> None:
    subject = Subject(input={"prompt": "Ärger: the SURPLUS isn't 5 km"}, output=None)

    def holds(word: str) -> bool:
        condition = CelCondition(expression=f"input.prompt.hasWord({json.dumps(word)})")
        return run_check(condition, subject).status == "ok"

    assert [holds(w) for w in ("surplus", "km", "isn't", "ärger")] == [True] * 4
    assert [holds(w) for w in ("plus", "surpl", "k", "the surplus")] == [False] * 4


def test_a_part_of_a_word_is_found_where_the_author_asks_for_it() -> None:
    subject = Subject(input={"prompt": "The SURPLUS"}, output=None)
    condition = CelCondition(expression="['plus'].all(w, input.prompt.lowerAscii().contains(w))")
    assert run_check(condition, subject).status == "ok"


def test_evidence_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind of event"):
        EvidenceCondition(event="magic")
