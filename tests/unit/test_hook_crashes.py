"""Processes killed at any moment: every tap that an agent's hook took arrives, once."""

import json
import random
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from tests.hook_process import COMMAND, Agent, bash
from tests.tap_service import TapService, serve_taps

EVENTS, AGENTS = 20, 4


def test_no_kill_loses_or_doubles_a_tap(tmp_path: Path) -> None:
    """Hooks of four agents at once, a third of them killed, while senders are killed as well."""
    with serve_taps("late") as service:
        service.late_s = 0.02
        agent = Agent(tmp_path / "spool", url=service.url)
        silent = Agent(agent.spool, key="")  # So the senders are those that are killed here.
        taken: list[str] = []
        killed = Counter[str]()
        done = threading.Event()

        def hear(session: int) -> None:
            random_ = random.Random(session)
            for number in range(EVENTS):
                name = f"echo {session}-{number}"
                process = subprocess.Popen(
                    COMMAND, stdin=subprocess.PIPE, env=silent.env, stdout=subprocess.DEVNULL
                )
                assert process.stdin
                process.stdin.write(json.dumps(bash(name, f"s{session}")).encode())
                process.stdin.close()
                if random_.random() < 0.33:
                    time.sleep(random_.uniform(0.0, 0.12))
                    process.kill()
                if process.wait(20) == 0:
                    taken.append(name)
                else:
                    killed["hooks"] += 1

        def send() -> None:
            random_ = random.Random(99)
            while not done.is_set():
                process = subprocess.Popen([*COMMAND, "send"], env=agent.env)
                time.sleep(random_.uniform(0.05, 0.3))
                if process.poll() is None:
                    process.kill()
                    killed["senders"] += 1
                process.wait(20)

        hooks = [threading.Thread(target=hear, args=[number]) for number in range(AGENTS)]
        sender = threading.Thread(target=send)
        for thread in (*hooks, sender):
            thread.start()
        for thread in hooks:
            thread.join()
        done.set()
        sender.join()
        flushed = agent.run("flush")

        assert flushed.returncode == 0, flushed.stderr
        assert killed["hooks"] > 3
        assert killed["senders"] > 3
        arrived = Counter(tap["parameters"]["command"] for tap in service.of_kind("event"))
        assert set(taken) <= set(arrived)
        assert set(arrived.values()) == {1}
        assert agent.status()["waiting"] == agent.status()["refused"] == 0
        assert batches_sent_again(service) <= killed["senders"]


def batches_sent_again(service: TapService) -> int:
    """How many held something that had been sent before."""
    seen: set[str] = set()
    again = 0
    for batch in service.batches:
        ids = {tap["id"] for tap in batch if "id" in tap}
        again += bool(ids & seen)
        seen |= ids
    return again


def test_what_was_acknowledged_is_not_sent_again(tmp_path: Path) -> None:
    with serve_taps() as service:
        agent = Agent(tmp_path / "spool", url=service.url)
        for number in range(10):
            agent.hear(bash(f"echo {number}"))
        assert agent.run("flush").returncode == 0
        sent = [tap["id"] for batch in service.batches for tap in batch]
        assert len(sent) == len(set(sent)) == 11
