"""The hook's commands for people: flush, status, install and replay."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clients.hook.kernelweave_hook import HOOKED, with_hooks
from tests.hook_process import RECORDED, Agent, bash, payload, recorded_payloads
from tests.tap_service import serve_taps


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path / "spool")


def test_flush_sends_what_waits_and_says_how_far_it_is(agent: Agent) -> None:
    agent.hear(bash("ls"))
    agent.hear(bash("pwd"))
    with serve_taps() as service:
        agent.url = service.url
        flushed = agent.run("flush")
        assert (flushed.returncode, flushed.stderr) == (0, b"")
        assert flushed.stdout == b"\r3 of 3 sent\n"
        assert len(service.of_kind("event")) == 2
        assert agent.run("flush").stdout == b"Nothing waits.\n"


def test_flush_says_in_one_line_why_not(agent: Agent) -> None:
    agent.hear(bash("ls"))
    flushed = agent.run("flush")
    assert flushed.returncode == 1
    assert flushed.stderr == (b"2 wait: ConnectionRefusedError: [Errno 111] Connection refused\n")
    agent.key = ""
    assert agent.run("flush").stderr == b"KERNELWEAVE_API_KEY is not set.\n"


def test_the_status_says_what_waits_and_what_was_refused(agent: Agent) -> None:
    with serve_taps("error500") as service:
        agent.url = service.url
        agent.key = ""
        agent.hear(bash("ls"))
        agent.key = "kw-test"
        agent.run("flush")
        status = agent.status()
        assert (status["waiting"], status["refused"], status["failures"]) == (2, 0, 1)
        assert "500" in status["last error"]
        assert datetime.fromisoformat(status["oldest"])
        service.mode = "ok"
        (segment,) = agent.spool.glob("taps-*")
        segment.write_text("".join(segment.read_text().splitlines(keepends=True)[1:]))
        agent.run("flush")
        status = agent.status()
        assert (status["waiting"], status["refused"], status["failures"]) == (0, 1, 0)
        assert "refused: 1" in agent.run("status").stdout.decode().splitlines()


def test_the_status_tells_no_key(agent: Agent) -> None:
    agent.key = "kw-very-secret"
    assert b"very-secret" not in agent.run("status").stdout


# --- install


def install(agent: Agent, *arguments: str) -> tuple[int, str]:
    ended = agent.run("install", *arguments)
    return ended.returncode, (ended.stdout + ended.stderr).decode()


def test_install_prints_what_belongs_into_the_settings(agent: Agent) -> None:
    hooks = json.loads(install(agent)[1])["hooks"]
    assert set(hooks) == set(HOOKED)
    for groups in hooks.values():
        ((hook,),) = [group["hooks"] for group in groups]
        assert hook["command"].endswith("from kernelweave_hook import main; main()' hook")
        assert hook["type"] == "command"
    assert "PreToolUse" in json.loads(install(agent, "--timing")[1])["hooks"]


def test_the_installed_command_is_the_hook(agent: Agent) -> None:
    hook = json.loads(install(agent)[1])["hooks"]["PostToolUse"][0]["hooks"][0]
    given = json.dumps(bash("ls")).encode()
    subprocess.run(hook["command"], shell=True, input=given, env=agent.env, check=True)
    assert agent.spooled()[-1]["tool"] == "Bash"


def test_install_keeps_all_that_is_there(agent: Agent, tmp_path: Path) -> None:
    others = {"type": "command", "command": "mine.sh"}
    known = {
        "model": "opus",
        "hooks": {
            "PostToolUse": [{"matcher": "Edit", "hooks": [others]}],
            "Notification": [{"hooks": [others]}],
        },
        "env": {"NAME": "Zoë"},
    }
    (tmp_path / "kept.json").write_text(json.dumps(known))
    (tmp_path / "kept.json").chmod(0o640)
    link = tmp_path / "settings.json"
    link.symlink_to("kept.json")
    assert install(agent, "--write", "--settings", str(link))[0] == 0
    written = json.loads(link.read_text())
    assert (written["model"], written["env"]) == ("opus", {"NAME": "Zoë"})
    assert written["hooks"]["PostToolUse"][0] == known["hooks"]["PostToolUse"][0]  # type: ignore[index]
    assert len(written["hooks"]["PostToolUse"]) == 2
    assert written["hooks"]["Notification"] == known["hooks"]["Notification"]  # type: ignore[index]
    assert link.is_symlink()
    assert link.stat().st_mode & 0o777 == 0o640


def test_install_writes_once(agent: Agent, tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.json"
    assert install(agent, "--write", "--settings", str(file)) == (0, f"wrote {file}\n")
    before = file.read_text()
    code, said = install(agent, "--write", "--settings", str(file))
    assert (code, said) == (0, f"{file} has the hook already.\n")
    assert file.read_text() == before


@pytest.mark.parametrize(
    "text", ["{ // mine\n}", "[1]", '{"hooks": []}', '{"hooks": {"Stop": {"a": 1}}}']
)
def test_settings_that_are_not_understood_are_left_as_they_are(
    agent: Agent, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text)
    code, said = install(agent, "--write", "--settings", str(file))
    assert code == 1
    assert "is left as it is" in said
    assert file.read_text() == text


NEW = "/new/bin/python -I -S /new/kernelweave_hook.py hook"


@pytest.mark.parametrize(
    "known",
    [
        "/old/bin/kernelweave-hook",
        "'/old venv/bin/python3.11' -I -S /old/kernelweave_hook.py hook",
        '/old/python -I -S -c "import sys; from kernelweave_hook import main; main()" hook',
        "python3 -m kernelweave_hook",
    ],
)
def test_another_copy_of_the_hook_gives_way_to_this_one(known: str) -> None:
    once = with_hooks({}, known, timing=False)
    once["hooks"]["Stop"][0]["hooks"][0]["timeout"] = 9
    again = with_hooks(once, NEW, timing=False)
    assert [group["hooks"][0]["command"] for (group,) in again["hooks"].values()] == [NEW] * len(
        HOOKED
    )
    assert again["hooks"]["Stop"][0]["hooks"] == [{"type": "command", "command": NEW, "timeout": 9}]
    assert with_hooks(again, NEW, timing=False) == again


def test_variables_before_the_hooks_command_stay() -> None:
    once = with_hooks({}, "env KERNELWEAVE_URL='http://a b' /old/kernelweave-hook", timing=False)
    (group,) = with_hooks(once, NEW, timing=False)["hooks"]["Stop"]
    assert group["hooks"][0]["command"] == f"env KERNELWEAVE_URL='http://a b' {NEW}"


@pytest.mark.parametrize(
    "other",
    [
        "/home/me/kernelweave/notify.sh",
        "python /home/me/kernelweave_hook/tell.py",
        "tell --about kernelweave-hook",
        "echo 'it is",
    ],
)
def test_what_only_has_the_name_in_it_is_another_command(other: str) -> None:
    groups = [{"hooks": [{"type": "command", "command": other}]}, {"hooks": "odd"}, "odd"]
    found = with_hooks({"hooks": {"Stop": groups}}, NEW, timing=False)["hooks"]["Stop"]
    assert found[:-1] == groups
    assert found[-1]["hooks"][0]["command"] == NEW


# --- replay of a recorded session


def replayed(agent: Agent, *arguments: str) -> list[dict[str, Any]]:
    with serve_taps() as service:
        agent.url = service.url
        ended = agent.run("replay", str(RECORDED), *arguments)
        assert ended.returncode == 0, ended.stderr
        assert service.ended == [recorded_payloads()[0]["session_id"]]
        return list(service.stored.values())


def test_a_recorded_session_arrives_as_it_was(agent: Agent) -> None:
    taps = replayed(agent, "--times")
    prompts = [one["prompt"] for one in recorded_payloads() if "prompt" in one]
    opened = [tap for tap in taps if tap["tap"] == "open"]
    assert [tap["prompt"] for tap in opened] == prompts
    assert len(prompts) == 3
    assert all(tap["closed"]["output"] for tap in opened)

    events = [tap for tap in taps if tap["tap"] == "event"]
    names = [tap["id"] for tap in opened]
    by_turn = [[e["tool"] for e in events if e["trajectory"] == name] for name in names]
    assert by_turn == [
        ["Bash", "Grep", "Read", "Bash", "Edit", "Bash"],
        ["Edit", "Bash", "Bash", "Edit", "Bash", "Bash"],
        ["Write", "Bash", "Bash"],
    ]
    failed = [event for event in events if not event["ok"]]
    assert ["1 failed" in e["error"] or "2 failed" in e["error"] for e in failed] == [True, True]


def test_a_recorded_session_keeps_its_own_times(agent: Agent) -> None:
    recorded = recorded_payloads()
    first, last = (datetime.fromisoformat(recorded[i]["recorded_at"]) for i in (1, -1))
    taps = replayed(agent, "--times")
    times = [datetime.fromisoformat(tap["at"]) for tap in taps]
    assert times[0] == first
    assert times == sorted(times)
    assert times[-1] <= last
    tests = [tap for tap in taps if "pytest" in tap.get("parameters", {}).get("command", "")]
    assert all(50 < tap["duration_ms"] < 10_000 for tap in tests)
    assert len(tests) == 4


def test_a_session_replayed_now_ends_now_and_keeps_its_pace(agent: Agent) -> None:
    taps = replayed(agent)
    ended = datetime.fromisoformat(taps[-1]["at"])
    assert abs((datetime.now(UTC) - ended).total_seconds()) < 60
    tests = [tap for tap in taps if "pytest" in tap.get("parameters", {}).get("command", "")]
    assert all(50 < tap["duration_ms"] < 10_000 for tap in tests)


def test_a_session_replayed_now_is_another_each_time(agent: Agent) -> None:
    with serve_taps() as service:
        agent.url = service.url
        for _ in range(2):
            assert agent.run("replay", str(RECORDED)).returncode == 0
        assert len(service.of_kind("open")) == 6
        assert len(service.of_kind("event")) == 30


def test_a_session_replayed_twice_at_its_times_is_there_once(agent: Agent) -> None:
    with serve_taps() as service:
        agent.url = service.url
        for _ in range(2):
            assert agent.run("replay", str(RECORDED), "--times").returncode == 0
        assert len(service.of_kind("open")) == 3
        assert len(service.of_kind("event")) == 15


def test_a_recorded_session_heard_event_by_event_arrives_the_same(agent: Agent) -> None:
    with serve_taps() as service:
        for one in recorded_payloads():
            agent.hear(one)
        agent.url = service.url
        assert agent.run("flush").returncode == 0
        heard = list(service.stored.values())
    agent.spool = agent.spool.with_name("replayed")
    changing = ("id", "trajectory", "at", "duration_ms", "closed")
    steady = [
        [{k: v for k, v in t.items() if k not in changing} for t in taps]
        for taps in (heard, replayed(agent))
    ]
    assert steady[0] == steady[1]


def test_a_file_that_is_no_recording_is_said_in_one_line(agent: Agent, tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_text(json.dumps(payload("Stop")) + "\nno json\n")
    ended = agent.run("replay", str(file))
    assert ended.returncode == 1
    assert ended.stderr.decode() == f"{file}, line 2: no JSON object\n"
    ended = agent.run("replay", str(tmp_path / "none.jsonl"))
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


def test_the_recording_names_no_machine() -> None:
    paths = RECORDED.read_text()
    assert "/tmp" not in paths
    assert "/home/dev/tally" in paths
