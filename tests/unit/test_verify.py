"""A verdict on an output, and how the output is read."""

from typing import Any

import pytest

from kernels.conditions.checks import Subject
from kernels.conditions.kinds import CelCondition, Condition, JudgeCondition, RegexCondition
from kernels.verify import NotJson, parse_output, verify

TWO = CelCondition(expression="output.n == 2", label="two")
ASKED = JudgeCondition(question="Is it good?")
SUBJECT = Subject({"prompt": "p"}, {"n": 2})


class CountingJudge:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, question: str, given: Any, output: Any) -> tuple[bool, str]:
        self.calls += 1
        return True, "fine"


def test_with_nothing_to_check_there_is_no_verdict() -> None:
    assert verify((), SUBJECT).passed is None
    assert verify((), SUBJECT).reason == "nothing to check against"


def test_all_checks_must_pass() -> None:
    wrong = CelCondition(expression="output.n == 3", label="three")
    assert verify((TWO,), SUBJECT).passed is True
    verdict = verify((TWO, wrong), SUBJECT)
    assert verdict.passed is False
    assert verdict.reason == "three failed: not true: output.n == 3"


@pytest.mark.parametrize("condition", [CelCondition(expression="output.x == 1"), ASKED])
def test_what_could_not_run_never_passes(condition: Condition) -> None:
    verdict = verify((TWO, condition), SUBJECT)
    assert verdict.passed is False
    assert "could not run" in verdict.reason


def test_the_judge_comes_last_wherever_it_stands() -> None:
    judge = CountingJudge()
    verdict = verify((ASKED, TWO), SUBJECT, judge)
    assert [check.kind for check in verdict.checks] == ["cel", "judge"]
    assert judge.calls == 1


def test_the_judge_is_not_asked_about_what_failed_already() -> None:
    judge = CountingJudge()
    verdict = verify((ASKED, RegexCondition(path="n", pattern="x")), SUBJECT, judge)
    assert verdict.passed is False
    assert judge.calls == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        '{"a": 1',
        '{"a": NaN}',
        "[Infinity]",
        "1e999",
        "[" * 100000,
        '"\\u0000"',
        '{"\\u0000": 1}',
        '["\\ud800"]',
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        parse_output(text)


def test_json_is_read() -> None:
    assert parse_output(' {"a": [1, 2.5, null, "\\u00e9 \\ud83d\\ude00 \\\\u0000"]} ') == {
        "a": [1, 2.5, None, "é 😀 \\u0000"]
    }
