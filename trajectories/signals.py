"""What an agent's events say of how well it went: sub-signals of the reward, each with its reason.

Every value is between 0 and 1, and more is better; None means that there was nothing to see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trajectories.builds import build_passed
from trajectories.tool_uses import ToolUse, tool_use

DIVERSE = 4  # tools
EXPECTED_REQUEST_S = 30.0
EXPECTED_TURN_S = 300.0  # an agent's turn with its tools


@dataclass(frozen=True)
class Signal:
    """A sub-signal by its name, its value, and why it has that value."""

    name: str
    value: float | None
    why: str


@dataclass(frozen=True)
class Observed:
    """An event, as the signals read it."""

    kind: str
    payload: Mapping[str, Any]


def process_and_efficiency(events: Sequence[Observed], duration_s: float) -> list[Signal]:
    """The sub-signals of an agent's trajectory that its events tell, in order of time."""
    uses = tool_uses(events)
    return [
        tool_success(uses),
        shell_cleanliness(uses),
        error_density(events, uses),
        tool_diversity(uses),
        duration(duration_s, expected_s=EXPECTED_TURN_S),
        file_touch_rate(uses),
    ]


def tool_uses(events: Sequence[Observed]) -> list[ToolUse]:
    """The results of tools; a call whose result never came is no use."""
    return [tool_use(event.payload) for event in events if event.kind == "tool_result"]


def tool_success(uses: Sequence[ToolUse]) -> Signal:
    """The share of tool calls that succeeded, of those whose end is known."""
    known = [use for use in uses if use.succeeded is not None]
    passed = sum(use.succeeded is True for use in known)
    return _share("tool_success_rate", passed, len(known), "tool calls succeeded", "No tool ended.")


def shell_cleanliness(uses: Sequence[ToolUse]) -> Signal:
    """The share of shell commands that were clean, of those whose end is known.

    A command is clean if it succeeded, and is not the very command (but for blanks) that had just
    failed: in the tool call right before. After an edit in between, the same command is no
    repetition.
    """
    clean = known = 0
    before: ToolUse | None = None
    for use in uses:
        if use.command and use.succeeded is not None:
            repeats = (
                before is not None and before.succeeded is False and before.command == use.command
            )
            known += 1
            clean += use.succeeded and not repeats
        before = use
    return _share(
        "shell_cleanliness",
        clean,
        known,
        "shell commands succeeded without repeating a failed one",
        "No shell command ended.",
    )


def error_density(events: Sequence[Observed], uses: Sequence[ToolUse]) -> Signal:
    """One less the errors per event, at least 0.

    An event with an error is a failure, a tool call that failed, or a shell command whose output
    has a line that begins as errors do, whatever its exit status: pipes hide that. A log that is
    shown counts, too.
    """
    if not events:
        return Signal("error_density", None, "There are no events.")
    errors = sum(event.kind == "failure" for event in events) + sum(use.has_error for use in uses)
    value = max(0.0, 1.0 - errors / len(events))
    return Signal("error_density", value, f"{errors} errors in {_count(len(events), 'event')}")


def tool_diversity(uses: Sequence[ToolUse]) -> Signal:
    """Different tools by calls, of which no more than `DIVERSE` are expected to differ."""
    named = [use.tool for use in uses if use.tool]
    if not named:
        return Signal("tool_diversity", None, "No tool was used.")
    different = len(set(named))
    value = min(1.0, different / min(len(named), DIVERSE))
    why = f"{_count(different, 'different tool')} in {_count(len(named), 'call')}"
    return Signal("tool_diversity", value, why)


def duration(seconds: float, *, expected_s: float = EXPECTED_REQUEST_S) -> Signal:
    """1 for no time at all, a half for the time that was expected."""
    value = 1.0 / (1.0 + seconds / expected_s)
    return Signal("duration", value, f"took {seconds:.1f} s; {expected_s:.0f} s would give a half")


def file_touch_rate(uses: Sequence[ToolUse]) -> Signal:
    """The share of calls of file tools that touched a file anew.

    A call does if no call before it read that file, or changed it, as this one does: a file may be
    read once and changed once. Looking again and again at the same file lowers the rate.
    """
    touches = [(use.path, use.changes) for use in uses if use.path]
    return _share(
        "file_touch_rate",
        len(set(touches)),
        len(touches),
        "calls of file tools touched a file anew",
        "No file tool was used.",
    )


def build_succeeded(events: Sequence[Observed], said: bool | None) -> Signal:
    """The last command that is recognisably a build or a test run, else what the agent said.

    A command whose own status a pipe or `|| true` hides counts if its output tells.
    """
    for use in reversed(tool_uses(events)):
        passed = build_passed(use)
        if passed is not None:
            shown = use.command if len(use.command) <= 60 else f"{use.command[:59]}…"
            return Signal("build_succeeded", float(passed), f"{_passed(passed)}: {shown}")
    if said is None:
        return Signal("build_succeeded", None, "No build and no test run was seen.")
    return Signal("build_succeeded", float(said), f"{_passed(said)}, as the agent says")


def _passed(passed: bool) -> str:
    return "passed" if passed else "failed"


def _share(name: str, part: int, whole: int, what: str, nothing: str) -> Signal:
    if not whole:
        return Signal(name, None, nothing)
    return Signal(name, part / whole, f"{part} of {whole} {what}")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
