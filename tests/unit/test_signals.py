"""What an agent's events say of how well it went."""

from typing import Any

import pytest

from trajectories import signals
from trajectories.builds import build_passed, is_build
from trajectories.signals import Observed, build_succeeded, tool_uses
from trajectories.tool_uses import tool_use


def used(tool: str, ok: bool | None = True, output: str = "", **parameters: Any) -> Observed:
    payload = {"tool": tool, "parameters": parameters, "ok": ok, "error": "", "output": output}
    return Observed("tool_result", payload)


def ran(command: str, ok: bool | None = True, output: str = "") -> Observed:
    return used("Bash", ok, output, command=command)


def test_tool_calls_that_succeeded_are_counted() -> None:
    uses = tool_uses([ran("ls"), used("Read", False, file_path="a"), ran("pwd", None)])
    found = signals.tool_success(uses)
    assert (found.value, found.why) == (0.5, "1 of 2 tool calls succeeded")


def test_an_error_without_a_word_on_success_is_a_failure() -> None:
    assert tool_use({"tool": "Read", "error": "no such file"}).succeeded is False


def test_repeating_what_just_failed_is_not_clean() -> None:
    events = [ran("make", False), ran("make  ", True), ran("make")]
    assert signals.shell_cleanliness(tool_uses(events)).value == pytest.approx(1 / 3)


def test_the_same_command_after_an_edit_is_clean() -> None:
    events = [ran("make", False), used("Edit", file_path="a.c"), ran("make")]
    assert signals.shell_cleanliness(tool_uses(events)).value == pytest.approx(1 / 2)


def test_errors_that_a_pipe_hides_are_errors() -> None:
    events = [
        ran("python a.py | tail", True, "x\nTraceback (most recent call last):\n  ..."),
        ran("ls"),
        Observed("failure", {}),
        Observed("message", {"text": "done"}),
    ]
    found = signals.error_density(events, tool_uses(events))
    assert (found.value, found.why) == (0.5, "2 errors in 4 events")


@pytest.mark.parametrize(
    ("tools", "value"), [(["Bash"], 1), (["Bash"] * 8, 1 / 4), (["Bash", "Read", "Bash"], 2 / 3)]
)
def test_different_tools_are_better_than_one(tools: list[str], value: float) -> None:
    found = signals.tool_diversity(tool_uses([used(tool) for tool in tools]))
    assert found.value == pytest.approx(value)


def test_looking_at_the_same_file_again_touches_nothing_new() -> None:
    events = [
        used("Read", file_path="a"),
        used("Edit", file_path="a"),
        used("Read", file_path="a"),
        used("Read", file_path="b"),
        used("Grep", path="src"),
    ]
    assert signals.file_touch_rate(tool_uses(events)).value == pytest.approx(3 / 4)


def test_nothing_used_is_nothing_seen() -> None:
    found = signals.process_and_efficiency([], 300.0)
    assert {one.name: one.value for one in found if one.value is not None} == {"duration": 0.5}
    assert all(one.why for one in found)


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "make -j4 test",
        "cd app && npm run build",
        "FOO=1 timeout 300 .venv/bin/python -m pytest -q tests",
        "npm test -- --watch=false",
        "pnpm lint",
        "cargo clippy",
        "go test ./...",
        "./gradlew :app:assembleDebug",
        "mvn -q verify",
        "npx tsc --noEmit",
        "uv run mypy .",
        "ruff check . && git commit -m x",
        "python manage.py test",
    ],
)
def test_builds_are_recognised(command: str) -> None:
    assert is_build(command)


@pytest.mark.parametrize(
    "command",
    [
        "ls tests",
        "echo pytest",
        "git commit -m 'make; make test'",
        "make clean",
        "npm install",
        "npm run dev",
        "pytest --version",
        "cat > Makefile <<'EOF'\ntest:\nmake all\nEOF",
        "grep -r pytest .",
        "makeinfo a",
    ],
)
def test_other_commands_are_no_builds(command: str) -> None:
    assert not is_build(command)


@pytest.mark.parametrize(
    ("command", "ok", "output", "passed"),
    [
        ("pytest", True, "", True),
        ("pytest", False, "", False),
        ("cd a; pytest", False, "", False),
        ("pytest | tail -3", True, "2 failed, 8 passed", False),
        ("pytest | tail -3", True, "10 passed", True),
        ("pytest > log; echo done", True, "done", None),
        ("make || true", True, "make: *** [all] Error 2", False),
        ("set -o pipefail; make | tee log", False, "", False),
        ("ls", True, "", None),
    ],
)
def test_a_build_passed_if_its_status_or_its_output_says_so(
    command: str, ok: bool, output: str, passed: bool | None
) -> None:
    assert build_passed(tool_use(ran(command, ok, output).payload)) is passed


def test_the_last_build_decides() -> None:
    events = [ran("make", False), ran("make test"), ran("ls", False)]
    assert build_succeeded(events, False).value == 1
    assert build_succeeded(events, False).why == "passed: make test"


def test_without_a_build_the_agent_is_believed() -> None:
    assert build_succeeded([ran("ls")], False).value == 0
    assert build_succeeded([ran("ls")], None).value is None


def test_a_command_may_be_a_list() -> None:
    payload = {"tool": "shell", "parameters": {"command": ["bash", "-lc", "make test"]}, "ok": True}
    assert tool_use(payload).command == "make test"
