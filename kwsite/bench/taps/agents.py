"""Agents that tap: a prompt, its events, its end, and again; each on a connection of its own."""

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from time import perf_counter
from typing import Any

from kwsite.bench.http_client import TIMEOUT_S, UnexpectedReply
from kwsite.bench.stack import Address

KINDS = ("open", "events", "close")
OUTPUT = "12 passed, 1 skipped in 3.41 s\n" * 8


@dataclass
class Taps:
    """Latencies in milliseconds by kind of tap; how many events were acknowledged, in what time."""

    latencies: dict[str, list[float]] = field(default_factory=dict)
    events: int = 0
    seconds: float = 0.0

    def note(self, kind: str, latency_ms: float) -> None:
        self.latencies.setdefault(kind, []).append(latency_ms)


@dataclass(frozen=True)
class Pace:
    """How agents send: events in a tap, taps in a trajectory; events a second of all, or any."""

    name: str
    events: int
    taps: int
    per_second: float | None = None


def run_agents(address: Address, pace: Pace, agents: int, seconds: float) -> Taps:
    """All agents at once, for so long. Raises UnexpectedReply."""
    found, lock = Taps(), threading.Lock()
    ends_at = perf_counter() + seconds

    def one(number: int) -> None:
        wait_s = pace.events * agents / pace.per_second if pace.per_second else 0.0
        agent = _Agent(address, number)
        time.sleep(wait_s * number / agents)
        taps = agent.work(pace, wait_s, ends_at)
        with lock:
            for kind, latencies in taps.latencies.items():
                found.latencies.setdefault(kind, []).extend(latencies)
            found.events += taps.events

    began = perf_counter()
    with ThreadPoolExecutor(agents) as threads:
        list(threads.map(one, range(agents)))
    found.seconds = perf_counter() - began
    return found


class _Agent:
    def __init__(self, address: Address, number: int) -> None:
        self._connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)
        self._headers = {
            "Authorization": f"Bearer {address.api_key}",
            "Content-Type": "application/json",
        }
        self._session = f"bench {number} {uuid.uuid4()}"
        self._due = perf_counter()

    def work(self, pace: Pace, wait_s: float, ends_at: float) -> Taps:
        taps = Taps()
        self._due = perf_counter()
        while perf_counter() < ends_at:
            trajectory = str(uuid.uuid4())
            opening = {"id": trajectory, "session": self._session, "prompt": "Mend the test."}
            self._send(taps, "open", "/api/trajectories", opening, 0.0)
            for _ in range(pace.taps):
                events = [_event() for _ in range(pace.events)]
                path = f"/api/trajectories/{trajectory}/events"
                self._send(taps, "events", path, {"events": events}, wait_s)
                taps.events += pace.events
            path = f"/api/trajectories/{trajectory}/close"
            self._send(taps, "close", path, {"output": "Done."}, 0.0)
        self._connection.close()
        return taps

    def _send(self, taps: Taps, kind: str, path: str, body: Any, wait_s: float) -> None:
        """Not before it is due; where the one before took longer, at once."""
        self._due = max(self._due, perf_counter()) if not wait_s else self._due + wait_s
        time.sleep(max(0.0, self._due - perf_counter()))
        content = json.dumps(body).encode()
        began = perf_counter()
        self._connection.request("POST", path, content, self._headers)
        response = self._connection.getresponse()
        said = response.read()
        if response.status not in (200, 201, 202):
            raise UnexpectedReply(f"{response.status}: {said.decode(errors='replace')[:500]}")
        taps.note(kind, (perf_counter() - began) * 1e3)


def _event() -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "at": datetime.now(UTC).isoformat(),
        "tool": "Bash",
        "parameters": {"command": "python -m pytest -q tests/unit", "timeout": 120},
        "ok": True,
        "output": OUTPUT,
        "duration_ms": 3410.0,
    }


def all_latencies(taps: Taps) -> list[float]:
    return [one for kind in KINDS for one in taps.latencies.get(kind, ())]
