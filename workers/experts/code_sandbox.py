"""Tries untrusted code against tests: in bubblewrap where it works here, else in Monty.

Monty knows a part of Python and stops after half a second: what it cannot run is `could_not_run`.
Where tests compare with a literal (`f(2) == 4`), the sandbox is not told what is wanted: it tells a
value. Checks of other forms share a process with the code, which can forge them if it is out to.
"""

import ast
import builtins
import json
import re
import secrets
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from kernels.conditions import sandbox as monty
from workers.experts import bubblewrap
from workers.experts.code_runner import MOST_REASON, OWN_RULE, outcome_of, shown
from workers.experts.counted_tests import CountedTests, Unit, counted

Status = Literal["passed", "failed", "could_not_run"]

RUNNER = Path(__file__).with_name("code_runner.py")
MOST_CHARS = 100_000
_ENDED = {signal.SIGXCPU, signal.SIGKILL}

# What Monty says of Python that it does not know, rather than of this code.
_UNKNOWN = re.compile(
    r"NotImplementedError|ModuleNotFoundError|ImportError|SyntaxError|AttributeError"
    rf"|NameError: name '(?:{'|'.join(dir(builtins))})'"
)


@dataclass(frozen=True)
class Tried:
    """What became of the tests: `share` of them held; `how` names the sandbox that ran."""

    status: Status
    share: float
    reason: str
    how: str


def try_code(code: str, tests: str) -> Tried:
    """Runs the code, then the tests. It never raises for bad code.

    Tests of which no assert about the code ran, and those that catch their own, show nothing: they
    are `could_not_run`.
    """
    if len(code) + len(tests) > MOST_CHARS:
        return Tried("failed", 0.0, f"more than {MOST_CHARS} characters", "length")
    fault = _fault(tests)
    if fault:
        return Tried("could_not_run", 0.0, f"the tests: {fault}", "parsed")
    fault = _fault(code)
    if fault:
        return Tried("failed", 0.0, fault, "parsed")
    try:
        return in_monty(code, tests) if bubblewrap.missing() else in_bubblewrap(code, tests)
    except OSError as error:  # this machine cannot start another process
        return Tried("could_not_run", 0.0, f"no sandbox could be started: {error}", "none")


def in_bubblewrap(code: str, tests: str, *, wall_s: float = bubblewrap.WALL_S) -> Tried:
    """A report counts only with the secret that this run was given."""
    how = "bubblewrap"
    try:
        given = counted(tests, code)
    except (ValueError, RecursionError) as error:
        return Tried("could_not_run", 0.0, f"the tests: {error}"[:MOST_REASON], how)
    secret = secrets.token_hex(16)
    job = {
        "code": code,
        "units": [(unit.code, unit.source, unit.kind) for unit in given.units],
        "collected": given.collected,
        "mark": given.mark,
        "secret": secret,
        "limits": bubblewrap.LIMITS,
    }
    ran = bubblewrap.run_script(RUNNER, json.dumps(job).encode(), wall_s=wall_s)
    if ran.stopped:
        return Tried("failed", 0.0, ran.stopped, how)
    report = _report(ran.output, secret)
    if report is None:
        why = "it ended before its tests did"
        if ran.signal in _ENDED:
            most = bubblewrap.LIMITS["RLIMIT_CPU"]
            why = f"it was killed: by itself, or after {most} s of processor time"
        return Tried("failed", 0.0, why, how)
    return _judged(given, report["units"], str(report["reason"]), how)


def in_monty(code: str, tests: str) -> Tried:
    """The first statement that raises ends it."""
    how = "monty"
    try:
        given = counted(tests, code)
        marks, values = monty.run_python(code, _as_one(given))
    except (monty.SandboxDown, RecursionError) as error:
        return Tried("could_not_run", 0.0, str(error), how)
    except monty.SandboxError as error:
        unknown = _UNKNOWN.match(str(error))
        return Tried("could_not_run" if unknown else "failed", 0.0, str(error), how)
    except ValueError as error:
        return Tried("could_not_run", 0.0, f"the tests: {error}"[:MOST_REASON], how)
    told = iter(values)
    outcome = outcome_of(marks)
    found: list[Any] = [
        [type(value := next(told)).__name__, shown(value)] if unit.wanted else "none"
        for unit in given.units
    ]
    return _judged(given, [*found, outcome], "", how)


def _as_one(given: CountedTests) -> str:
    """The tests as one program, which ends in the marks and the values."""
    values = f"{given.mark}_values"
    functions = (name for name in given.collected)
    return "\n".join(
        (
            f"{given.mark} = []",
            f"{values} = []",
            *(f"{values}.append({u.code})" if u.wanted else u.code for u in given.units),
            *(f"if {name!r} not in {given.mark}:\n    {name}()" for name in functions),
            f"[{given.mark}, {values}]",
        )
    )


def _judged(given: CountedTests, found: Sequence[object], reason: str, how: str) -> Tried:
    """What the outcomes of the tests come to; those that were not reached do not hold."""
    outcomes = Counter[str]()
    for unit, told in zip_longest(given.units, found):
        outcome, why = _outcome(unit, told)
        outcomes[outcome] += 1
        reason = reason or why
    held = outcomes["held"]
    of = max(1, outcomes.total() - outcomes["none"])
    share = held / of
    if outcomes["missing"] or outcomes["caught"] or outcomes["own rule"]:
        status: Status = "could_not_run"
    elif outcomes["failed"] or reason:
        return Tried("failed", share, f"{held} of {of} tests hold; {reason}", how)
    elif held:
        return Tried("passed", 1.0, f"{held} of {of} tests hold", how)
    else:
        status, reason = "could_not_run", "no assert ran that says anything of the code"
    return Tried(status, 0.0, f"the tests: {reason}"[:MOST_REASON], how)


def _outcome(unit: Unit | None, told: object) -> tuple[str, str]:
    """What became of a statement (None: of what was collected), and why it does not hold."""
    if told is None:  # it was not reached
        checks = unit is not None and unit.kind in ("value", "assert")
        return ("failed" if checks else "none"), ""
    if unit is None or unit.wanted is None:
        why = "an assert failed, and the tests caught it" if told == "caught" else ""
        known = told if told in ("held", "none", "caught", "missing") else "failed"
        return str(known), why
    kind, value = (
        (str(one) for one in told) if isinstance(told, list) and len(told) == 2 else ("", "")
    )
    if not value:  # it raised
        return "failed", ""
    if value == OWN_RULE:
        return "own rule", f"{unit.source[:120]}: its {kind[:40]} says itself what it equals"
    if unit.wanted.holds(kind, value):
        return "held", ""
    return "failed", f"{unit.source[:120]} does not hold"


def _report(output: bytes, secret: str) -> dict[str, Any] | None:
    lines = output.strip().splitlines()
    try:
        report = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    if not isinstance(report, dict) or report.get("secret") != secret:
        return None
    return report if isinstance(report.get("units"), list) and "reason" in report else None


def _fault(code: str) -> str:
    """Why a text is no Python; empty where it is."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return f"it does not parse: {error}"[:300]
    return ""
