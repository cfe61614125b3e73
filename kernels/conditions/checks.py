"""Runs one condition and says what came out. A check that could not run never counts as passed."""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any, Literal

import re2

from kernels.conditions import algebra, expressions
from kernels.conditions.kinds import (
    RE2_OPTIONS,
    CelCondition,
    Condition,
    EvidenceCondition,
    JudgeCondition,
    MathEqualCondition,
    PythonCondition,
    RegexCondition,
    SchemaCondition,
    TestsCondition,
    validator_of,
)
from kernels.conditions.sandbox import SandboxDown, SandboxError, run_python
from kernels.spec import digest_of

Status = Literal["ok", "failed", "could_not_run"]
Judge = Callable[[str, Any, Any], tuple[bool, str]]  # question, input, output -> verdict, reason


@dataclass(frozen=True)
class Subject:
    """What a condition looks at: the bound input, the parsed output, and the events so far."""

    input: dict[str, Any]
    output: Any
    events: tuple[str, ...] = ()  # kinds of the events, in order


@dataclass(frozen=True)
class Check:
    """The result of one condition, with its reason and what it took in milliseconds."""

    kind: str
    label: str
    status: Status
    reason: str
    duration_ms: float

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "label": self.label,
            "status": self.status,
            "reason": self.reason,
            "duration_ms": round(self.duration_ms, 3),
        }


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> Any:
    return re2.compile(pattern, RE2_OPTIONS)


_validators: dict[str, Any] = {}


def _validator(schema: dict[str, Any]) -> Any:
    key = digest_of(schema)
    if key not in _validators:
        if len(_validators) >= 1024:
            _validators.clear()
        _validators[key] = validator_of(schema)
    return _validators[key]


def _schema(condition: SchemaCondition, subject: Subject) -> tuple[Status, str]:
    for error in _validator(condition.json_schema).iter_errors(subject.output):
        where = "/".join(str(part) for part in error.instance_path) or "the value"
        return "failed", f"{where}: {error.message[:300]}"
    return "ok", "the value satisfies the schema"


def evaluate(expression: str, subject: Subject) -> Any:
    """The value of a CEL expression over `input`, `output` and `trace`. Raises what CEL raises."""
    return expressions.run(
        expression,
        {"input": subject.input, "output": subject.output, "trace": _trace(subject)},
    )


def _trace(subject: Subject) -> dict[str, Any]:
    return {"events": list(subject.events)}


def _cel(condition: CelCondition, subject: Subject) -> tuple[Status, str]:
    try:
        value = evaluate(condition.expression, subject)
    except Exception as error:  # whatever CEL raises, the check could not run
        return "could_not_run", f"{condition.expression}: {str(error)[:300]}"
    if value is True:
        return "ok", condition.expression
    if value is False:
        return "failed", f"not true: {condition.expression}"
    return (
        "could_not_run",
        f"gave {type(value).__name__}, not true or false: {condition.expression}",
    )


def _at(path: str, output: Any) -> Any:
    for key in filter(None, path.split(".")):
        if not isinstance(output, dict) or key not in output:
            return None
        output = output[key]
    return output


def _regex(condition: RegexCondition, subject: Subject) -> tuple[Status, str]:
    value = _at(condition.path, subject.output)
    if not isinstance(value, str):
        return "failed", f"{condition.path or 'the output'} is not a string"
    shown = textwrap.shorten(condition.pattern, 120)
    if _pattern(condition.pattern).fullmatch(value):
        return "ok", f"matches {shown}"
    return "failed", f"{value[:100]!r} does not match {shown}"


def _python(condition: PythonCondition, subject: Subject) -> tuple[Status, str]:
    given = {"input": subject.input, "output": subject.output, "trace": _trace(subject)}
    try:
        said = run_python(condition.code, "check(input, output, trace)", inputs=given)
    except SandboxError as error:
        return "could_not_run", str(error)
    verdict, reason = said if isinstance(said, tuple) and len(said) == 2 else (said, "")
    if not isinstance(verdict, bool):
        return "could_not_run", f"check gave {type(verdict).__name__}, not true or false"
    if verdict:
        return "ok", "check gave True"
    return "failed", str(reason)[:300] or "check gave False"


def _math_equal(condition: MathEqualCondition, subject: Subject) -> tuple[Status, str]:
    found = _at(condition.path, subject.output)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return "failed", f"{condition.path or 'the output'} is neither text nor a number"
    try:
        expected = str(evaluate(condition.expected, subject))
        equal = algebra.equal(expected, str(found))
    except Exception as error:  # of CEL, SymPy or the limits: equality was not found out
        return "could_not_run", str(error)[:300]
    sign = "=" if equal else "is not"
    return ("ok" if equal else "failed"), f"{str(found)[:100]} {sign} {expected[:100]}"


def _tests(condition: TestsCondition, subject: Subject) -> tuple[Status, str]:
    code = _at(condition.path, subject.output)
    if not isinstance(code, str):
        return "failed", f"{condition.path or 'the output'} is no code"
    try:
        run_python(_fenced(code), condition.tests)
    except SandboxDown as error:
        return "could_not_run", str(error)
    except SandboxError as error:
        return "failed", str(error)
    return "ok", "the tests pass"


def _fenced(text: str) -> str:
    """The first fenced block of a Markdown text, or all of it when it has none."""
    block = _FENCE.search(text)
    return block.group(1) if block else text


_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)


def _evidence(condition: EvidenceCondition, subject: Subject) -> tuple[Status, str]:
    if condition.event in subject.events:
        return "ok", f"a {condition.event} event was observed"
    return "failed", f"no {condition.event} event was observed"


def _judge(condition: JudgeCondition, subject: Subject, judge: Judge | None) -> tuple[Status, str]:
    if judge is None:
        return "could_not_run", "no judge model is at hand"
    try:
        verdict, reason = judge(condition.question, subject.input, subject.output)
    except Exception as error:  # a judge that fails must not pass
        return "could_not_run", f"the judge failed: {str(error)[:300]}"
    return ("ok" if verdict else "failed"), reason


def run_check(condition: Condition, subject: Subject, judge: Judge | None = None) -> Check:
    """Runs one condition on a subject."""
    started = perf_counter()
    match condition:
        case SchemaCondition():
            status, reason = _schema(condition, subject)
        case CelCondition():
            status, reason = _cel(condition, subject)
        case RegexCondition():
            status, reason = _regex(condition, subject)
        case PythonCondition():
            status, reason = _python(condition, subject)
        case MathEqualCondition():
            status, reason = _math_equal(condition, subject)
        case TestsCondition():
            status, reason = _tests(condition, subject)
        case EvidenceCondition():
            status, reason = _evidence(condition, subject)
        case JudgeCondition():
            status, reason = _judge(condition, subject, judge)
    duration_ms = (perf_counter() - started) * 1e3
    return Check(condition.kind, condition.label, status, reason, duration_ms)
