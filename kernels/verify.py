"""Verification of an output: deterministic checks first, the judge last, nothing taken on trust."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kernels.conditions.checks import Check, Judge, Subject, run_check
from kernels.conditions.kinds import Condition


class NotJson(ValueError):
    """The output is not JSON."""


@dataclass(frozen=True)
class Verdict:
    """All checks of one output. With no checks there is nothing to trust: `passed` is None."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool | None:
        if not self.checks:
            return None
        return all(check.status == "ok" for check in self.checks)

    @property
    def reason(self) -> str:
        """The first failure in words, or that all went well."""
        for check in self.checks:
            if check.status != "ok":
                return (
                    f"{check.label or check.kind} {check.status.replace('_', ' ')}: {check.reason}"
                )
        return "all checks passed" if self.checks else "nothing to check against"


def verify(
    conditions: Iterable[Condition], subject: Subject, judge: Judge | None = None
) -> Verdict:
    """Checks conditions as given, a judge last; no judge is asked when another check failed."""
    checks: list[Check] = []
    for condition in sorted(conditions, key=lambda condition: condition.kind == "judge"):
        if condition.kind == "judge" and any(check.status != "ok" for check in checks):
            break
        checks.append(run_check(condition, subject, judge))
    return Verdict(tuple(checks))


def parse_output(text: str) -> Any:
    """The JSON value a model wrote.

    Raises NotJson, also for NaN, Infinity, and strings that are no text: NUL, half a surrogate.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        require_text(value)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"the output is not JSON: {error}") from error
    return value


def require_text(value: Any) -> None:
    """Raises NotJson when a string anywhere in a JSON value cannot be stored as text."""
    if isinstance(value, str):
        if "\0" in value or not _encodes(value):
            raise NotJson("a string has NUL or half a surrogate")
    elif isinstance(value, dict):
        for key, item in value.items():
            require_text(key)
            require_text(item)
    elif isinstance(value, list):
        for item in value:
            require_text(item)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(constant: str) -> Any:
    raise NotJson(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotJson(f"{text} is too large a number")
    return value
