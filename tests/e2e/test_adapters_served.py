"""Adapters on the real embedded server: served without a gap, replaced, rolled back, revived."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from tests.db.adapter_rows import SYSTEM
from tests.e2e.service_client import Reply, Service, wait_for
from tests.stack_fixtures import StackProcess, throwaway_home

PROMPT = "Name three colours."
SETTINGS = {
    "KW_REUSE_ANSWERS": "off",
    "KW_SEARCH": "off",
    "KW_ADAPTER_CONTROL_SHARE": "0",
    "KW_ADAPTER_SHADOW_SHARE": "1",
    "KW_ADAPTER_MIN_ANSWERS": "3",
}
SAYS_SOMETHING = {"conditions": [{"kind": "regex", "pattern": "(?s).+"}]}


@pytest.fixture(scope="module")
def stack() -> Iterator[StackProcess]:
    home = throwaway_home()
    started = StackProcess(home, SETTINGS)
    try:
        started.wait_until_ready()
        yield started
    finally:
        code = started.stop()
        shutil.rmtree(home)
    assert code == 0


@pytest.fixture(scope="module")
def service(stack: StackProcess) -> Iterator[Service]:
    with closing(Service(stack)) as found:
        yield found


def adapters(stack: StackProcess, *arguments: str) -> str:
    """Runs `tests.adapter_process` on the stack's database and storage."""
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
        **stack.env,
        "KW_HOME": str(stack.home),
        "DJANGO_SETTINGS_MODULE": "kwsite.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapter_process", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def served_at(service: Service, name: str) -> str:
    """Its server's address; empty as long as it has none."""
    found = service.rows("SELECT server_url FROM training_adapter WHERE name = %s", name)
    return str(found[0][0])


def trained_and_served(stack: StackProcess, service: Service, seed: int) -> str:
    name = adapters(stack, "train", str(seed))
    wait_for(lambda: served_at(service, name), f"the server of {name}")
    return name


def asked(service: Service, **fields: object) -> Reply:
    reply = service.ask(PROMPT, SYSTEM, max_tokens=24, temperature=0, **fields)
    assert reply.status == 200, reply.body
    return reply


def answered_by(service: Service, name: str | None) -> Reply:
    """An answer of this adapter, as soon as requests go to it."""

    def look() -> Reply | None:
        reply = asked(service)
        return reply if reply.extras["adapter"] == name else None

    return wait_for(look, f"an answer by {name}", within_s=240)


def adapter_servers(stack: StackProcess) -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process(stack.pids["adapters"]).children()
    return found


class Asking(threading.Thread):
    """Asks one request after another until it is told to stop, and keeps the replies."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._stop_asking = threading.Event()
        self.replies: list[Reply] = []

    def run(self) -> None:
        while not self._stop_asking.is_set():
            self.replies.append(self._service.ask(PROMPT, SYSTEM, max_tokens=16, temperature=0))

    def finish(self) -> list[Reply]:
        self._stop_asking.set()
        self.join(60)
        return self.replies


def test_adapters_are_served_replaced_rolled_back_and_revived(
    stack: StackProcess, service: Service
) -> None:
    base_server = stack.pids["llama"]
    of_base = asked(service)
    assert of_base.extras["adapter"] is None
    assert adapter_servers(stack) == []  # without adapters, no server for them

    # A candidate is served by name alone; promoted, it answers its family and nobody else.
    first = trained_and_served(stack, service, 1)
    assert asked(service).extras["adapter"] is None
    adapters(stack, "promote", first)
    of_first = answered_by(service, first)
    assert of_first.content != of_base.content
    assert service.ask(PROMPT, max_tokens=8).extras["adapter"] is None
    receipt = service.http.get(f"/api/runs/{of_first.run_id}/receipt").json()
    assert receipt["receipt"]["adapter"] == first

    # Held to JSON, too.
    held = asked(service, response_format={"type": "json_object"})
    assert held.extras["adapter"] == first
    assert held.content.lstrip().startswith("{")

    # A second one replaces it while requests run: none fails, none falls back.
    with_requests = Asking(service)
    with_requests.start()
    old = served_at(service, first)
    second = trained_and_served(stack, service, 2)
    adapters(stack, "promote", second)
    of_second = answered_by(service, second)
    replies = with_requests.finish()
    assert len(replies) >= 3
    assert {reply.status for reply in replies} == {200}
    assert {reply.extras["adapter"] for reply in replies} <= {first, second}
    assert of_second.content not in (of_first.content, of_base.content)
    assert served_at(service, first) == served_at(service, second) != old
    wait_for(lambda: len(adapter_servers(stack)) == 1, "the old server's end")

    # Rolled back, the first one answers again, as before.
    adapters(stack, "roll_back", second)
    assert answered_by(service, first).content == of_first.content

    # Its server is killed: the base model answers until there is another.
    (server,) = adapter_servers(stack)
    server.send_signal(signal.SIGKILL)
    replies = [asked(service) for _ in range(2)]
    assert {reply.extras["adapter"] for reply in replies} <= {None, first}
    answered_by(service, first)
    # The whole part is killed: it is started again, and its server with it.
    os.kill(stack.pids["adapters"], signal.SIGKILL)
    wait_for(lambda: stack.pids["adapters"] and not served_at(service, first), "its new start")
    answered_by(service, first)
    assert stack.pids["llama"] == base_server


def test_an_adapter_of_another_model_is_rejected_and_the_others_stay(
    stack: StackProcess, service: Service
) -> None:
    name = adapters(stack, "train", "9", "64")

    def reason() -> str:
        found = service.rows("SELECT state, reason FROM training_adapter WHERE name = %s", name)
        return str(found[0][1]) if found[0][0] == "rejected" else ""

    assert "of another model" in wait_for(reason, "its rejection")


def state_of(service: Service, name: str) -> str:
    found = service.rows("SELECT state FROM training_adapter WHERE name = %s", name)
    return str(found[0][0])


def judged_until(service: Service, name: str, state: str) -> None:
    """Asks what can be verified, until the adapter got into this state by itself."""

    def look() -> bool:
        service.ask(
            PROMPT,
            SYSTEM,
            max_tokens=4,
            kernelweave={"contract": SAYS_SOMETHING},
        )
        return state_of(service, name) == state

    wait_for(look, f"{name} {state}", within_s=150)


def test_an_adapter_rises_by_its_answers_and_falls_by_what_people_say_of_them(
    stack: StackProcess, service: Service
) -> None:
    adapters(stack, "share", "0.5")
    first = trained_and_served(stack, service, 31)
    adapters(stack, "promote", first)
    second = trained_and_served(stack, service, 32)
    adapters(stack, "shadow", second)
    judged_until(service, second, "canary")
    trials = service.rows("SELECT verified, live_verified FROM training_adaptertrial")
    assert trials.count((True, True)) >= 3
    judged_until(service, second, "live")
    assert state_of(service, first) == "retired"
    for _ in range(6):
        reply = answered_by(service, second)
        service.judge(reply, "incorrect")
    wait_for(lambda: state_of(service, second) == "rolled back", "its rollback", within_s=240)
    assert state_of(service, first) == "live"
    answered_by(service, first)
