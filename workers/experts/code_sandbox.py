"""Tries untrusted code against tests: in bubblewrap where it works here, else in Monty.

Monty knows a part of Python and stops after half a second: what it cannot run is `could_not_run`.
Neither holds against code that is out to cheat its tests, with which it shares a process.
"""

import ast
import builtins
import json
import re
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kernels.conditions import sandbox as monty
from workers.experts import bubblewrap

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

    status: Literal["passed", "failed", "could_not_run"]
    share: float
    reason: str
    how: str


def try_code(code: str, tests: str) -> Tried:
    """Runs the code, then the tests, which are asserts. It never raises for bad code."""
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
    secret = secrets.token_hex(16)
    job = {"code": code, "tests": tests, "secret": secret, "limits": bubblewrap.LIMITS}
    ran = bubblewrap.run_script(RUNNER, json.dumps(job).encode(), wall_s=wall_s)
    how = "bubblewrap"
    if ran.stopped:
        return Tried("failed", 0.0, ran.stopped, how)
    report = _report(ran.output, secret)
    if report is None:
        why = "it ended before its tests did"
        if ran.signal in _ENDED:
            most = bubblewrap.LIMITS["RLIMIT_CPU"]
            why = f"it was killed: by itself, or after {most} s of processor time"
        return Tried("failed", 0.0, why, how)
    held, of = int(report["held"]), int(report["of"])
    share = held / of
    if held == of and not report["reason"]:
        return Tried("passed", share, f"{of} of {of} tests hold", how)
    return Tried("failed", share, f"{held} of {of} tests hold; {report['reason']}", how)


def in_monty(code: str, tests: str) -> Tried:
    """All tests or none: the first that fails ends it."""
    try:
        monty.run_python(code, tests)
    except monty.SandboxDown as error:
        return Tried("could_not_run", 0.0, str(error), "monty")
    except monty.SandboxError as error:
        unknown = _UNKNOWN.match(str(error))
        return Tried("could_not_run" if unknown else "failed", 0.0, str(error), "monty")
    return Tried("passed", 1.0, "the tests hold", "monty")


def _report(output: bytes, secret: str) -> dict[str, str | int] | None:
    lines = output.strip().splitlines()
    try:
        report = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    if not isinstance(report, dict) or report.get("secret") != secret:
        return None
    return report


def _fault(code: str) -> str:
    """Why a text is no Python; empty where it is."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return f"it does not parse: {error}"[:300]
    return ""
