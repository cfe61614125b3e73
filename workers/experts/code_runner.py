"""Runs inside the sandbox: tries code against tests, and says what came out on its last line.

Started as a script by an interpreter without site packages: it imports the standard library alone.
"""

import hashlib
import json
import os
import resource
import sys
import types
from collections.abc import ItemsView, KeysView
from decimal import Decimal
from fractions import Fraction
from typing import Any

MOST_REASON = 300
MOST_SHOWN = 60  # characters of a value; a longer one is told by its digest
NEVER_EQUAL, OWN_RULE = "!", "?"  # to a literal; by a class of its own


class _HasOwnRule(Exception):
    """A class says itself what its values are equal to."""


class Trial:
    """The tests, one after the other, in the module that the code made."""

    def __init__(self, space: dict[str, Any], marks: list[int | str]) -> None:
        self.space, self.marks = space, marks
        self.found: list[str | list[str]] = []
        self.reason = ""

    def unit(self, code: str, source: str, kind: str) -> bool:
        """Whether the next may run: after an assert that fails, and not after another statement."""
        start = len(self.marks)
        try:
            if kind == "value":
                value = eval(compile(code, "<tests>", "eval"), self.space)
                self.found.append([type(value).__name__, shown(value)])
            else:
                exec(compile(code, "<tests>", "exec"), self.space)
                self.found.append(outcome_of(self.marks[start:]))
        except BaseException as error:
            missing = kind == "import" and isinstance(error, ImportError)
            self._fails(source, error, "missing" if missing else "failed")
            return kind in ("value", "assert")
        return True

    def collected(self, name: str) -> None:
        """Runs a function, or the methods of a class, unless the tests have called it."""
        found = self.space.get(name)
        if not isinstance(found, type):
            self._runs(name, name, found)
            return
        for method in [one for one in dir(found) if one.startswith("test")]:
            self._runs(f"{name}.{method}", name, lambda method=method: _call(found, method))

    def _runs(self, name: str, source: str, function: Any) -> None:
        if name in self.marks or not callable(function):
            return
        start = len(self.marks)
        try:
            function()
            self.found.append(outcome_of(self.marks[start:]))
        except BaseException as error:
            self._fails(name, error, "failed")

    def _fails(self, source: str, error: BaseException, outcome: str) -> None:
        self.found.append(outcome)
        self.reason = self.reason or f"{source[:120]}: {_said(error)}"


def outcome_of(marks: list[int | str]) -> str:
    """Of marks, where 1 says that a check begins and -1 that it held."""
    begun, held = marks.count(1), marks.count(-1)
    if not begun:
        return "none"
    return "held" if begun == held else "caught"


def run(job: dict[str, Any]) -> dict[str, object]:
    """What became of each unit of the tests; values are told, not judged."""
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    try:
        exec(compile(job["code"], "<answer>", "exec"), vars(module))
    except BaseException as error:
        return {"units": [], "reason": f"the code: {_said(error)}"}
    vars(module)["__name__"] = "__main__"  # for the tests; the code was imported
    sys.modules["__main__"] = module
    marks: list[int | str] = []
    vars(module)[job["mark"]] = marks
    trial = Trial(vars(module), marks)
    if all(trial.unit(*unit) for unit in job["units"]):
        for name in job["collected"]:
            trial.collected(name)
    return {"units": trial.found, "reason": trial.reason}


def shown(value: object) -> str:
    """Equal for literals, and what derives from them, exactly where Python calls them equal."""
    try:
        text = _plain(value)
    except _HasOwnRule:
        return OWN_RULE
    return text if len(text) <= MOST_SHOWN else f"#{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(value: Any) -> str:
    """Raises _HasOwnRule."""
    if value is None or value is Ellipsis:
        return repr(value)
    if isinstance(value, int | float | Fraction | Decimal):
        return _number(value)
    if isinstance(value, complex):
        return (
            f"{_number(value.real)}+{_number(value.imag)}j" if value.imag else _number(value.real)
        )
    if isinstance(value, str):
        return json.dumps(str.__str__(value))
    if isinstance(value, bytes | bytearray):
        return f"b{bytes(value).hex()}"
    if isinstance(value, list):
        return f"[{','.join(_plain(one) for one in value)}]"
    if isinstance(value, tuple):
        return f"({','.join(_plain(one) for one in value)})"
    if isinstance(value, dict):
        pairs = sorted(f"{_plain(key)}:{_plain(one)}" for key, one in value.items())
        return f"{{:{','.join(pairs)}}}"
    if isinstance(value, set | frozenset | KeysView | ItemsView):
        return f"{{{','.join(sorted(_plain(one) for one in value))}}}"
    rule: Any = type(value).__eq__
    if rule is object.__eq__:
        return NEVER_EQUAL
    raise _HasOwnRule


def _number(value: Any) -> str:
    try:
        top, under = (int(part) for part in value.as_integer_ratio())
    except (OverflowError, ValueError):  # no finite number
        return repr(float(value))
    return f"{top:x}/{under:x}"


def _call(found: type, method: str) -> None:
    """Runs one method as a test runner would. Raises where it fails."""
    unittest: Any = sys.modules.get("unittest")
    if unittest is None or not issubclass(found, unittest.TestCase):
        test = found()
        if hasattr(test, "setup_method"):
            test.setup_method(*[None] * (test.setup_method.__code__.co_argcount - 1))
        getattr(test, method)()
        return
    result = unittest.TestResult()
    unittest.TestSuite([found(method)]).run(result)
    for _, trace in (*result.errors, *result.failures):
        raise AssertionError(str(trace).strip().rpartition("\n")[2])


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:MOST_REASON]
    except BaseException:
        return type(error).__name__


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    for limit, most in job["limits"].items():
        number = getattr(resource, limit)
        resource.setrlimit(number, (most, most))
    report = {**run(job), "secret": job["secret"]}
    sys.stdout.flush()
    os.write(1, b"\n" + json.dumps(report).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
