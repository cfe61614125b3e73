"""Runs the hook as an agent does: a process for each event, JSON on its standard input."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tap_service import KEY

FILE = Path(__file__).parents[1] / "clients" / "hook" / "kernelweave_hook.py"
RECORDED = Path(__file__).parent / "data" / "recorded_session.jsonl"
COMMAND = [sys.executable, "-I", "-S", str(FILE)]


def recorded_payloads() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text().splitlines()]


def payload(name: str, session: str = "s1", **fields: Any) -> dict[str, Any]:
    return {"hook_event_name": name, "session_id": session, "cwd": "/home/dev/tally", **fields}


def bash(command: str, session: str = "s1", **response: Any) -> dict[str, Any]:
    said = {"stdout": "", "stderr": "", "interrupted": False, **response}
    fields = {"tool_input": {"command": command}, "tool_response": said}
    return payload("PostToolUse", session, tool_name="Bash", **fields)


@dataclass
class Agent:
    """`env` is all that the hook's processes know."""

    spool: Path
    url: str = "http://127.0.0.1:9"
    key: str = KEY
    budget_ms: int = 5000  # where it is not what is tried: a busy machine needs no more
    more: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.spool.parent),
            "KERNELWEAVE_URL": self.url,
            "KERNELWEAVE_API_KEY": self.key,
            "KERNELWEAVE_SPOOL": str(self.spool),
            "KERNELWEAVE_HOOK_BUDGET_MS": str(self.budget_ms),
            **self.more,
        }

    def run(
        self, *arguments: str, given: bytes | str | dict[str, Any] = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        raw = json.dumps(given) if isinstance(given, dict) else given
        return subprocess.run(
            [*COMMAND, *arguments],
            input=raw.encode() if isinstance(raw, str) else raw,
            env=self.env,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def hear(self, given: bytes | str | dict[str, Any]) -> float:
        """One event; the seconds until the agent may go on. What is no silent success fails."""
        started = time.monotonic()
        ended = self.run(given=given)
        took = time.monotonic() - started
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
        return took

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found

    def spooled(self) -> list[dict[str, Any]]:
        return list(self._lines("taps-*.jsonl"))

    def aside(self, name: str) -> list[dict[str, Any]]:
        return list(self._lines(f"{name}.jsonl*"))

    def _lines(self, pattern: str) -> Iterator[dict[str, Any]]:
        for file in sorted(self.spool.glob(pattern)):
            yield from map(json.loads, file.read_text().splitlines())


def wait_until(what: Callable[[], object], seconds: float = 60) -> None:
    """Waits for what a process that was left behind does; fails when it does not."""
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)
