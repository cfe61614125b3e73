"""What the hook hears of an agent, and the taps that follow from it."""

import itertools
import json
import re
from typing import Any

import pytest

from clients.hook.kernelweave_hook import (
    MOST_INPUT,
    Tap,
    Turn,
    fresh_id,
    heard_of,
    payload_of,
    stamp,
    taps_of,
)
from tests.hook_process import bash, payload


class Session:
    """Hears payloads in order, at second 0, 1, 2, ..."""

    def __init__(self) -> None:
        self.turn: Turn | None = Turn()
        self._ids = (f"id{number}" for number in itertools.count(1))
        self._at = itertools.count(0)

    def hear(self, given: dict[str, Any]) -> list[Tap]:
        taps, self.turn = taps_of(
            heard_of(given), self.turn or Turn(), float(next(self._at)), lambda: next(self._ids)
        )
        return taps


@pytest.fixture
def session() -> Session:
    return Session()


def test_a_prompt_opens_a_trajectory(session: Session) -> None:
    assert session.hear(payload("UserPromptSubmit", prompt="Fix it")) == [
        {
            "tap": "open",
            "session": "s1",
            "source": "hook",
            "at": "1970-01-01T00:00:00.000Z",
            "agent": "claude-code",
            "cwd": "/home/dev/tally",
            "id": "id1",
            "prompt": "Fix it",
        }
    ]


def test_the_next_prompt_closes_what_was_open(session: Session) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    closed, opened = session.hear(payload("UserPromptSubmit", prompt="No, that"))
    assert closed == {"tap": "close", "trajectory": "id1", "at": "1970-01-01T00:00:01.000Z"}
    assert (opened["id"], opened["prompt"]) == ("id2", "No, that")


def test_a_prompt_that_names_a_skill_says_so(session: Session) -> None:
    assert session.hear(payload("UserPromptSubmit", prompt="/review the diff"))[0]["skill"] == (
        "review"
    )
    opened = session.hear(payload("UserPromptSubmit", prompt="/home/dev/x.py is broken"))[1]
    assert "skill" not in opened


def test_a_tool_is_an_event_of_the_open_trajectory(session: Session) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    (event,) = session.hear(bash("pytest -q", stdout="2 passed"))
    assert event == {
        "tap": "event",
        "trajectory": "id1",
        "id": "id2",
        "at": "1970-01-01T00:00:01.000Z",
        "tool": "Bash",
        "parameters": {"command": "pytest -q"},
        "ok": True,
        "output": "2 passed",
    }


def test_a_tool_without_a_prompt_opens_a_trajectory_with_an_empty_one(session: Session) -> None:
    opened, event = session.hear(bash("ls"))
    assert (opened["prompt"], opened["agent"]) == ("", "claude-code")
    assert event["trajectory"] == opened["id"]


def test_the_time_of_the_call_gives_the_duration(session: Session) -> None:
    asked = {"command": "ls"}
    call: dict[str, Any] = {"tool_name": "Bash", "tool_input": asked, "tool_use_id": "t1"}
    assert session.hear(payload("PreToolUse", **call)) == []
    session.hear(bash("pwd"))
    (event,) = session.hear(payload("PostToolUse", **call, tool_response={"stdout": ""}))
    assert event["duration_ms"] == 2000.0


def test_calls_without_an_id_are_told_apart_by_what_they_ask(session: Session) -> None:
    for command in ("ls", "pwd"):
        session.hear(payload("PreToolUse", tool_name="Bash", tool_input={"command": command}))
    durations = [session.hear(bash(command))[-1]["duration_ms"] for command in ("ls", "pwd")]
    assert durations == [2000.0, 2000.0]


def test_the_agents_own_duration_counts_before_the_hooks(session: Session) -> None:
    call: dict[str, Any] = {"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t1"}
    session.hear(payload("PreToolUse", **call))
    opened_and_event = session.hear(payload("PostToolUse", **call, duration_ms=12))
    assert opened_and_event[-1]["duration_ms"] == 12


def test_a_duration_is_absent_where_nobody_knows_it(session: Session) -> None:
    assert "duration_ms" not in session.hear(bash("ls"))[-1]


def test_begun_calls_that_never_end_are_bounded(session: Session) -> None:
    for number in range(200):
        session.hear(payload("PreToolUse", tool_name="Bash", tool_use_id=str(number)))
    assert session.turn is not None
    assert list(session.turn.begun) == [str(number) for number in range(150, 200)]


def test_a_failed_tool_says_why(session: Session) -> None:
    failed: dict[str, Any] = {"tool_name": "Bash", "error": "Exit code 1", "is_interrupt": False}
    event = session.hear(payload("PostToolUseFailure", **failed))[-1]
    assert (event["ok"], event["error"]) == (False, "Exit code 1")


@pytest.mark.parametrize(
    "response",
    [{"interrupted": True}, {"is_error": True}, {"exit_code": 2}, {"success": False}],
)
def test_a_response_that_tells_of_failure_is_none(
    session: Session, response: dict[str, Any]
) -> None:
    assert session.hear(bash("make", **response))[-1]["ok"] is False


def test_the_stop_closes_and_keeps_what_was_said(session: Session) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    (closed,) = session.hear(payload("Stop", last_assistant_message="Done."))
    assert (closed["trajectory"], closed["output"]) == ("id1", "Done.")
    assert "ok" not in closed
    assert session.hear(payload("Stop")) == []


def test_a_turn_that_ends_in_an_error_is_not_ok(session: Session) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    assert session.hear(payload("StopFailure", error="rate_limit"))[0]["ok"] is False


def test_what_follows_a_stop_without_a_prompt_belongs_to_the_same_turn(session: Session) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    session.hear(payload("Stop"))
    (event,) = session.hear(bash("make lint"))
    (closed,) = session.hear(payload("Stop", last_assistant_message="Linted."))
    assert event["trajectory"] == closed["trajectory"] == "id1"


def test_the_end_of_a_session_closes_and_forgets(session: Session) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    closed, ended = session.hear(payload("SessionEnd", reason="clear"))
    assert (closed["tap"], ended["tap"], ended["session"]) == ("close", "end", "s1")
    assert session.turn is None


def test_a_session_in_which_nothing_was_said_is_not_ended(session: Session) -> None:
    session.hear(payload("SessionStart", source="startup"))
    assert session.hear(payload("SessionEnd", reason="clear")) == []


@pytest.mark.parametrize("name", ["SessionStart", "SubagentStop", "Notification", "New", None, 3])
def test_other_events_are_no_taps(session: Session, name: Any) -> None:
    session.hear(payload("UserPromptSubmit", prompt="Fix it"))
    assert session.hear(payload(name)) == []


def test_any_agent_can_say_the_same_in_the_generic_form(session: Session) -> None:
    said: list[dict[str, Any]] = [
        {"event": "session_start"},
        {"event": "prompt", "prompt": "Fix it", "agent": "mine", "skill": "mend", "cwd": "/x"},
        {"event": "tool", "tool": "shell", "parameters": {"command": "ls"}, "ok": False}
        | {"error": "no", "output": "a", "duration_ms": 3.5},
        {"event": "stop", "output": "Done.", "ok": True, "build_succeeded": True, "model": "m"}
        | {"prompt_tokens": 10, "completion_tokens": 20},
        {"event": "session_end"},
    ]
    opened, event, closed, ended = itertools.chain.from_iterable(
        session.hear({**one, "session": "s9"}) for one in said
    )
    assert {"agent": "mine", "skill": "mend", "cwd": "/x", "session": "s9"}.items() <= (
        opened.items()
    )
    assert {
        "tool": "shell",
        "ok": False,
        "error": "no",
        "output": "a",
        "duration_ms": 3.5,
    }.items() <= (event.items())
    assert {"output": "Done.", "ok": True, "build_succeeded": True, "model": "m"}.items() <= (
        closed.items()
    )
    assert (closed["prompt_tokens"], closed["completion_tokens"]) == (10, 20)
    assert ended["session"] == "s9"


@pytest.mark.parametrize("count", [-1, 1.5, 2**31, True, "3", float("nan")])
def test_counts_that_the_service_would_refuse_are_left_out(count: Any) -> None:
    heard = heard_of({"event": "stop", "prompt_tokens": count, "completion_tokens": 7})
    assert heard.fields == {"completion_tokens": 7}


def test_an_event_without_a_session_is_kept() -> None:
    assert heard_of({"event": "tool", "tool": "ls"}).session == "unnamed"


@pytest.mark.parametrize("value", [None, 3, ["x"], {"a": 1}, True, "", 1e400])
def test_values_of_any_type_make_no_trouble(session: Session, value: Any) -> None:
    names = ("session_id", "cwd", "prompt", "tool_name", "tool_input", "tool_response", "error")
    odd = dict.fromkeys((*names, "tool_use_id", "duration_ms", "last_assistant_message"), value)
    for event in ("UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop"):
        for tap in session.hear({**odd, "hook_event_name": event}):
            json.dumps(tap, allow_nan=False)
    for event in ("prompt", "tool", "stop", "session_end"):
        generic = dict.fromkeys(("session", "prompt", "tool", "parameters", "ok", "output"), value)
        for tap in session.hear({**generic, "event": event}):
            json.dumps(tap, allow_nan=False)


@pytest.mark.parametrize(
    "raw", [b"", b"no", b"[1]", b"3", b'"x"', b"\xff\xfe", b"null", b"[" * 10**5]
)
def test_what_is_no_json_object_is_no_event(raw: bytes) -> None:
    assert payload_of(raw) is None


def test_of_an_event_that_breaks_off_its_beginning_counts() -> None:
    raw = json.dumps(bash("ls", stdout="x" * 1000)).encode()[:-200]
    event = Session().hear(payload_of(raw) or {})[-1]
    assert (event["tool"], event["trajectory"]) == ("Bash", "id1")
    assert "no whole JSON" in event["parameters"]["note"]


def test_of_an_event_that_is_too_long_its_beginning_counts() -> None:
    raw = json.dumps(bash("ls", stdout="x" * MOST_INPUT)).encode()
    heard = heard_of(payload_of(raw) or {})
    assert (heard.kind, heard.session, heard.where["cwd"]) == ("tool", "s1", "/home/dev/tally")


def test_ids_are_uuids_of_version_4() -> None:
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    ids = {fresh_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(form.fullmatch(one) for one in ids)


def test_times_are_utc_to_the_millisecond() -> None:
    assert stamp(1_700_000_000.9996) == "2023-11-14T22:13:21.000Z"
