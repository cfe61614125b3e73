"""Conditions that are programs: met, not met, and stopped when they are hostile."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kernels.conditions.checks import Check, Subject, run_check
from kernels.conditions.kinds import Condition

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def check(condition: dict[str, Any], output: Any, **given: Any) -> Check:
    subject = Subject({"prompt": "p", "quoted": ["x^2-1"], **given}, output, ("message",))
    return run_check(CONDITION.validate_python(condition), subject)


def python(body: str) -> dict[str, Any]:
    return {"kind": "python", "code": f"def check(input, output, trace):\n    {body}"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("return output['n'] == 2", "ok"),
        ("return output['n'] == 3", "failed"),
        ("return 'message' in trace['events'] and input['prompt'] == 'p'", "ok"),
        ("return (False, 'n should be odd')", "failed"),
        ("return 1", "could_not_run"),
        ("return output['missing']", "could_not_run"),
        ("assert output['n'] == 3", "could_not_run"),
    ],
)
def test_python_says_true_or_false(body: str, status: str) -> None:
    assert check(python(body), {"n": 2}).status == status


def test_python_may_give_a_reason() -> None:
    assert check(python("return (False, 'n should be odd')"), {"n": 2}).reason == "n should be odd"


def test_the_reason_of_a_failure_is_not_shown_for_what_passed() -> None:
    passed = check(python("return (True, 'n should be odd')"), {"n": 1})
    assert (passed.status, passed.reason) == ("ok", "check gave True")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", "time limit"),
        ("return len('a' * 10**9) > 0", "memory limit"),
        ("return len([i for i in range(10**9)]) > 0", "limit"),
        ("return 10 ** 10 ** 9 > 0", "limit"),
        ("import subprocess", "No module named"),
        ("import socket", "No module named"),
        ("import os; return os.system('true') == 0", "no attribute"),
        ("import os; return bool(os.environ)", "not supported"),
        ("return bool(open('/etc/passwd').read())", "Permission"),
        ("return check(input, output, trace)", "recursion"),
        ("return bool(().__class__.__bases__)", "no attribute"),
    ],
)
def test_hostile_python_is_stopped_and_reported(body: str, reason: str) -> None:
    found = check(python(body), {})
    assert found.status == "could_not_run"
    assert reason.lower() in found.reason.lower()


def test_what_one_check_did_is_gone_for_the_next() -> None:
    assert check(python("global seen; seen = 1; return True"), {}).status == "ok"
    assert "seen" in check(python("return seen == 1"), {}).reason


@pytest.mark.parametrize("code", ["def check(", "x = 1", "check = 1", "while True: pass"])
def test_code_that_defines_no_check_is_refused_when_saved(code: str) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python({"kind": "python", "code": code})


@pytest.mark.parametrize(
    ("expected", "found", "status"),
    [
        ("'1/2'", 0.5, "ok"),
        ("'1/2'", "The answer is 0.5.", "ok"),
        ("'2x + 1'", "1 + 2x", "ok"),
        ("input.quoted[0]", "(x-1)(x+1)", "ok"),
        ("'\\\\frac{3}{4}'", "0.75", "ok"),
        ("12", 13, "failed"),
        ("'12'", "twelve", "failed"),
        ("'12'", True, "failed"),
        ("'12'", None, "failed"),
        ("input.missing", "12", "could_not_run"),
    ],
)
def test_mathematics_is_equal_however_it_is_written(expected: str, found: Any, status: str) -> None:
    condition = {"kind": "math_equal", "path": "a", "expected": expected}
    assert check(condition, {"a": found}).status == status


@pytest.mark.parametrize("found", ["9^{9^{9^9}}", "100000000!", "(x+1)^{100000}", "9" * 5000])
def test_hostile_mathematics_is_stopped_and_reported(found: str) -> None:
    assert check({"kind": "math_equal", "expected": "'12'"}, found).status == "could_not_run"
    assert check({"kind": "math_equal", "expected": "'12'"}, "12").status == "ok"  # and it goes on


def held_to(body: str) -> dict[str, Any]:
    return {"kind": "tests", "path": "code", "tests": body}


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("def double(n): return 2 * n", "ok", "pass"),
        ("Here it is:\n```python\ndef double(n): return n + n\n```\nDone.", "ok", "pass"),
        ("def double(n): return n", "failed", "assert 2 == 4"),
        ("def double(", "failed", ""),
        ("while True: pass", "failed", "time limit"),
        ("import socket", "failed", "No module named"),
        (None, "failed", "no code"),
    ],
)
def test_code_is_held_to_its_tests(code: str | None, status: str, reason: str) -> None:
    found = check(held_to("assert double(2) == 4"), {"code": code})
    assert found.status == status
    assert reason in found.reason


@pytest.mark.parametrize("body", ["double(2) == 4", "assert (", "\0"])
def test_tests_that_assert_nothing_are_refused_when_saved(body: str) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python(held_to(body))


def test_walks_inside_walks_are_stopped() -> None:
    nested = "output.all(a, output.all(b, output.all(c, a + b + c >= 0)))"
    condition = {"kind": "cel", "expression": nested}
    assert check(condition, [1, 2, 3]).status == "ok"
    found = check(condition, list(range(3000)))
    assert found.status == "could_not_run"
    assert "more than 1 s" in found.reason


@pytest.mark.parametrize(
    "expression",
    [
        "output.all//\n(a, output.all//\n(b, output.all//\n(c, a + b + c >= 0)))",
        "output.all(a, !((a + 1000000) in output))" + " && true" * 3,
    ],
)
def test_walks_that_hide_or_search_are_stopped(expression: str) -> None:
    condition = {"kind": "cel", "expression": expression}
    assert check(condition, [1, 2, 3]).status == "ok"
    assert check(condition, list(range(60_000))).status == "could_not_run"


def walks(depth: int, inside: str = "true") -> str:
    return inside if depth == 0 else f"output.all(a{depth}, {walks(depth - 1, inside)})"


@pytest.mark.parametrize("hidden", ["all(", "all//\n(", "all ("])
def test_too_many_walks_inside_one_another_are_refused_when_saved(hidden: str) -> None:
    expression = walks(4).replace("all(", hidden)
    with pytest.raises(ValidationError, match="4 walks over lists inside one another"):
        CONDITION.validate_python({"kind": "cel", "expression": expression})
    with pytest.raises(ValidationError, match="3 are the most"):
        CONDITION.validate_python({"kind": "math_equal", "expected": expression})


@pytest.mark.parametrize(
    "expression",
    [
        walks(3),
        walks(3) + " && " + walks(3),
        walks(3, "a1 == '.all(x, .all(y,' || a2 == r'\\' // .all(\n"),
        walks(3, "output.size() > 0 && (a1 == a2)"),
        "output.map(a, a).filter(b, b > 1).map(c, c).all(d, d > 2)",
    ],
)
def test_walks_beside_one_another_are_not_nested(expression: str) -> None:
    CONDITION.validate_python({"kind": "cel", "expression": expression})
