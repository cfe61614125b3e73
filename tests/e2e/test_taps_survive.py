"""What a tap acknowledged is not lost, whichever part of the stack is killed meanwhile."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import httpx2
import psutil

from tests.e2e.service_client import Service, wait_for
from tests.stack_fixtures import StackProcess, wait_until_gone

AGENTS = 4
ENOUGH = 60  # acknowledged events before the part is killed, and after, where the stack goes on


class Agents:
    """Agents that send events, again until they are acknowledged, and remember which were."""

    def __init__(self, stack: StackProcess) -> None:
        self.acknowledged: set[str] = set()
        self._site, self._key = stack.base_url.removesuffix("/v1"), stack.api_key
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(AGENTS)]

    @contextmanager
    def working(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        enough = len(self.acknowledged) + more
        wait_for(lambda: len(self.acknowledged) >= enough, "acknowledged events")

    def _work(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx2.Client(base_url=self._site, headers=headers, timeout=10) as http:
            trajectory = str(uuid.uuid4())
            opening = {"id": trajectory, "session": trajectory, "prompt": "Work."}
            self._send(http, "/api/trajectories", opening)
            while not self._over.is_set():
                key = str(uuid.uuid4())
                event = {
                    "id": key,
                    "at": datetime.now(UTC).isoformat(),
                    "tool": "Bash",
                    "ok": True,
                }
                path = f"/api/trajectories/{trajectory}/events"
                if self._send(http, path, {"events": [event]}):
                    self.acknowledged.add(key)

    def _send(self, http: httpx2.Client, path: str, body: object) -> bool:
        while not self._over.is_set():
            try:
                reply = http.post(path, json=body)
            except httpx2.TransportError:
                time.sleep(0.05)
                continue
            if reply.status_code < 300:
                return True
            assert reply.status_code >= 500, reply.text  # refused by a service that is unwell
            time.sleep(0.05)
        return False


def kept(stack: StackProcess) -> list[str]:
    with closing(Service(stack)) as service:
        rows = service.rows("SELECT key FROM trajectories_event WHERE key IS NOT NULL")
        return [str(key) for (key,) in rows]


def test_a_stack_that_ends_with_a_killed_part_has_it_all_when_it_is_back(
    start_stack: Callable[..., StackProcess],
) -> None:
    stack, acknowledged = start_stack(KW_LLM_PROVIDER="scripted"), set[str]()
    for part in ("postgres", "valkey"):
        agents = Agents(stack)
        with agents.working():
            agents.wait_for(ENOUGH)
            os.kill(stack.pids[part], signal.SIGKILL)
            stack.wait_for_end()
        wait_until_gone(stack.home)
        stack = start_stack(KW_LLM_PROVIDER="scripted")
        acknowledged |= agents.acknowledged
        found = kept(stack)
        assert acknowledged <= set(found)
        assert len(found) == len(set(found))


def test_killed_web_and_celery_workers_lose_nothing_and_what_is_closed_is_scored(
    start_stack: Callable[..., StackProcess],
) -> None:
    stack = start_stack(KW_LLM_PROVIDER="scripted", KW_WEB_WORKERS="2")
    agents = Agents(stack)
    with agents.working():
        agents.wait_for(ENOUGH)
        web = psutil.Process(stack.pids["web"]).children()[0]
        web.kill()
        os.kill(stack.pids["after"], signal.SIGKILL)
        agents.wait_for(ENOUGH)
    found = kept(stack)
    assert agents.acknowledged <= set(found)
    assert len(found) == len(set(found))
    with closing(Service(stack)) as service:
        one = service.rows("SELECT trajectory_id FROM trajectories_agentturn LIMIT 1")[0][0]
        service.http.post(f"/api/trajectories/{one}/close", json={}).raise_for_status()
        scored = "SELECT scored_at FROM trajectories_trajectory WHERE id = %s"
        wait_for(lambda: service.rows(scored, one)[0][0], "a reward")
