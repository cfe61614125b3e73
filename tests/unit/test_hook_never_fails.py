"""The hook as the agent sees it: silent, successful and soon over, whatever happens around it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.hook_process import COMMAND, Agent, bash, payload, wait_until
from tests.tap_service import TapService, serve_taps

BUDGET_MS = 400  # the default
START_S = 2.0  # of an interpreter, on a busy machine
# Where the budget is so large, only the hook's own design keeps it from waiting for the network:
# what sends gives up after 10 s.
LARGE_MS, AT_ONCE_S = 20_000, 5.0


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path / "spool")


@pytest.fixture
def service() -> Iterator[TapService]:
    with serve_taps() as serving:
        yield serving


def test_what_the_agent_does_arrives(agent: Agent, service: TapService) -> None:
    agent.url = service.url
    agent.hear(payload("UserPromptSubmit", prompt="Fix it"))
    agent.hear(bash("ls"))
    agent.hear(payload("Stop", last_assistant_message="Done."))
    agent.hear(payload("SessionEnd", reason="clear"))
    wait_until(lambda: service.ended == ["s1"])
    (opened,), (event,) = service.of_kind("open"), service.of_kind("event")
    assert opened["closed"]["output"] == "Done."
    assert event["parameters"] == {"command": "ls"}
    wait_until(lambda: agent.status()["waiting"] == 0)


@pytest.mark.parametrize("mode", ["hang", "hang_headers", "drip", "error500", "redirect", "close"])
def test_no_service_delays_it(agent: Agent, service: TapService, mode: str) -> None:
    service.mode = mode
    agent.url, agent.budget_ms = service.url, LARGE_MS
    took = []
    for number in range(4):
        took.append(agent.hear(bash(f"echo {number}")))
        (agent.spool / "sender.json").unlink(missing_ok=True)  # So that it is tried each time.
    assert max(took) < AT_ONCE_S
    wait_until(lambda: service.connected > 0)
    assert len(agent.spooled()) == 5


def test_no_host_that_takes_no_connection_delays_it(agent: Agent) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        agent.url, agent.budget_ms = f"http://127.0.0.1:{full.getsockname()[1]}", LARGE_MS
        assert max(agent.hear(bash("ls")) for _ in range(4)) < AT_ONCE_S
        for one in waiting:
            one.close()


def test_the_end_of_a_session_waits_for_the_service_no_longer_than_the_budget(
    agent: Agent, service: TapService
) -> None:
    agent.url, service.mode = service.url, "hang"
    agent.hear(payload("UserPromptSubmit", "s2", prompt="x"))
    wait_until(lambda: service.connected == 1)
    agent.spool = agent.spool.with_name("another")
    generous_ms = agent.budget_ms
    for session in ("s3", "s4"):
        agent.more, agent.budget_ms = {"KERNELWEAVE_API_KEY": ""}, generous_ms
        agent.hear(payload("UserPromptSubmit", session, prompt="x"))
        agent.more, agent.budget_ms = {}, BUDGET_MS
        took = agent.hear(payload("SessionEnd", session, reason="clear"))
        assert took < BUDGET_MS / 1000 + START_S
        (agent.spool / "sender.json").unlink(missing_ok=True)
    assert len(agent.spooled()) == 6


def test_the_end_of_a_session_waits_for_what_is_sent_within_it(
    agent: Agent, service: TapService
) -> None:
    agent.url, agent.budget_ms = service.url, LARGE_MS
    service.mode, service.late_s = "late", 0.3
    agent.more = {"KERNELWEAVE_API_KEY": ""}
    agent.hear(payload("UserPromptSubmit", prompt="x"))
    agent.more = {}
    agent.hear(payload("SessionEnd", reason="clear"))
    assert service.ended == ["s1"]
    assert not agent.spooled()


def test_a_slow_service_still_gets_everything(agent: Agent, service: TapService) -> None:
    service.mode, service.late_s = "late", 4.0
    agent.url, agent.budget_ms = service.url, LARGE_MS
    assert max(agent.hear(bash(f"echo {number}")) for number in range(4)) < service.late_s - 1
    wait_until(lambda: len(service.of_kind("event")) == 4)
    wait_until(lambda: agent.status()["waiting"] == 0)
    sent = [tap["id"] for batch in service.batches for tap in batch]
    assert len(sent) == len(set(sent))


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"no json",
        b"[1, 2]",
        b"null",
        b"\xff\xfe\0",
        b"{",
        b'{"hook_event_name": 3}',
        b"[" * 10**6,
    ],
)
def test_no_input_fails_it(agent: Agent, given: bytes) -> None:
    agent.hear(given)
    assert agent.status()["waiting"] == 0


def test_what_it_did_not_understand_is_told_in_the_status(agent: Agent) -> None:
    agent.hear(b"no json")
    assert "7 bytes that are no event" in agent.status()["last hook error"]


def test_input_of_any_size_is_taken_whole(agent: Agent) -> None:
    took = agent.hear(bash("cat huge", stdout="x" * 40_000_000))
    assert took < 10
    assert agent.spooled()[-1]["tool"] == "Bash"


def test_input_that_never_ends_is_left_in_time_and_what_came_counts(agent: Agent) -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"event": "tool", "tool": "ls", "session": "s"}')
    started = time.monotonic()
    process = subprocess.Popen(COMMAND, stdin=reading, env=agent.env)
    assert process.wait(60) == 0
    assert time.monotonic() - started < agent.budget_ms / 1000 + START_S
    os.close(reading)
    os.close(writing)
    assert agent.spooled()[-1]["tool"] == "ls"


def test_input_that_flows_for_ever_is_left_in_time(agent: Agent) -> None:
    agent.budget_ms = BUDGET_MS
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, env=agent.env)
    started = time.monotonic()
    assert process.stdin
    with suppress(BrokenPipeError):
        while time.monotonic() - started < 10:
            os.write(process.stdin.fileno(), b"x" * 65_536)
    assert process.wait(60) == 0
    assert time.monotonic() - started < BUDGET_MS / 1000 + 2 * START_S
    process.stdin.close()


def test_closed_streams_do_not_fail_it(agent: Agent) -> None:
    line = f"exec {' '.join(COMMAND)} --verbose <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", line], env=agent.env, check=False).returncode == 0


@pytest.mark.parametrize(
    "more",
    [
        {"KERNELWEAVE_SPOOL": "/proc/no/such/place"},
        {"KERNELWEAVE_SPOOL": "/dev/null"},
        {"KERNELWEAVE_URL": "://"},
        {"KERNELWEAVE_API_KEY": "ü\u2028"},
        {"KERNELWEAVE_HOOK_BUDGET_MS": "-3"},
        {"KERNELWEAVE_HOOK_BUDGET_MS": "50"},
    ],
)
def test_no_setting_fails_it(agent: Agent, more: dict[str, str]) -> None:
    agent.more = more
    agent.hear(bash("ls"))


def test_an_interrupt_of_the_terminal_is_no_failure(agent: Agent) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(COMMAND, stdin=reading, env=agent.env, stderr=subprocess.PIPE)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, b"")
    os.close(reading)
    os.close(writing)


def test_it_says_one_line_when_asked(agent: Agent) -> None:
    ended = agent.run("hook", "--verbose", given=bash("ls"))
    assert (ended.returncode, ended.stdout) == (0, b"")
    assert ended.stderr == b"kernelweave-hook: tool: 2 taps\n"


def test_a_mistyped_command_does_not_stop_the_agent(agent: Agent) -> None:
    assert agent.run("hok", given=bash("ls")).returncode == 1


@pytest.mark.parametrize(("budget_s", "least_s"), [(0.1, 0.0), (5.0, 2.5)])
def test_a_budget_is_what_input_is_awaited_for(
    agent: Agent, budget_s: float, least_s: float
) -> None:
    agent.budget_ms = round(budget_s * 1000)
    reading, writing = os.pipe()
    started = time.monotonic()
    process = subprocess.Popen(COMMAND, stdin=reading, env=agent.env)
    assert process.wait(60) == 0
    assert least_s < time.monotonic() - started < budget_s + START_S
    os.close(reading)
    os.close(writing)


def test_the_sender_holds_no_pipe_of_the_agent_open(agent: Agent, service: TapService) -> None:
    service.mode, agent.url = "hang", service.url
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    subprocess.run(
        COMMAND, input=b'{"event": "tool"}', env=agent.env, pass_fds=[writing], check=True
    )
    wait_until(lambda: service.connected == 1)  # So the sender is at work, and goes on.
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_it_runs_alone_in_an_empty_folder(agent: Agent, tmp_path: Path) -> None:
    agent.key = ""
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "hook.py").write_bytes(Path(COMMAND[-1]).read_bytes())
    ended = subprocess.run(
        [sys.executable, "-I", "hook.py", "hook"],
        input=b'{"event": "tool", "tool": "ls"}',
        cwd=alone,
        env=agent.env,
        check=True,
        capture_output=True,
    )
    assert (ended.stdout, ended.stderr) == (b"", b"")
    assert agent.spooled()[-1]["tool"] == "ls"
    assert [file.name for file in alone.iterdir()] == ["hook.py"]
