"""Work that was accepted survives a worker that is killed while it generates."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.e2e.service_client import Service, wait_for
from tests.scripted_server import ScriptedServer, serve
from tests.stack_fixtures import StackProcess, throwaway_home

LEASE_S = 2
WORDS = " ".join(f"word{number}" for number in range(40))


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedServer]:
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def stack(model: ScriptedServer) -> Iterator[StackProcess]:
    settings = {
        "KW_LLM_BASE_URL": model.base_url,
        "KW_LLM_API_KEY": "none",
        "KW_LLM_MODEL": "scripted",
        "KW_LEASE_S": str(LEASE_S),
    }
    home = throwaway_home()
    started = StackProcess(home, settings)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.stop()
        shutil.rmtree(home)


@pytest.fixture
def service(stack: StackProcess) -> Iterator[Service]:
    with closing(Service(stack)) as found:
        yield found


def kill_worker(stack: StackProcess) -> int:
    """Ends the answering worker with SIGKILL; returns its process id."""
    pid = stack.pids["answers"]
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_for_requests(model: ScriptedServer, more_than: int) -> None:
    wait_for(lambda: len(model.requests) > more_than, "a request to the model")


def require_whole(service: Service, run_id: str, attempts: int = 2) -> None:
    """The run is finished once, with one trajectory and all its events."""
    run = service.run(run_id)
    assert (run["status"], run["attempts"], run["error"]) == ("done", attempts, None)
    found = service.rows(
        "SELECT id, output_text FROM trajectories_trajectory WHERE run_id = %s", run_id
    )
    assert [text for _, text in found] == [WORDS]
    events = service.rows(
        "SELECT sequence FROM trajectories_event WHERE trajectory_id = %s ORDER BY sequence",
        found[0][0],
    )
    assert [number for (number,) in events] == list(range(len(events)))
    assert len(events) == len(run["events"]) >= 2


def test_a_waiting_client_gets_its_answer_from_another_worker(
    stack: StackProcess, service: Service, model: ScriptedServer
) -> None:
    model.text, model.mode, model.slow_s = WORDS, "slow", 5.0
    before = len(model.requests)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(service.ask, "Tell me something.")
        wait_for_requests(model, before)
        killed = kill_worker(stack)
        reply = waiting.result()
    assert (reply.status, reply.content) == (200, WORDS)
    require_whole(service, reply.run_id)
    assert len(model.requests) == before + 2
    assert stack.pids["answers"] != killed


def test_a_stream_goes_on_where_it_broke_off(
    stack: StackProcess, service: Service, model: ScriptedServer
) -> None:
    model.text, model.mode, model.delay_s = WORDS, "ok", 0.2
    body = {
        "model": "kernelweave",
        "messages": [{"role": "user", "content": "Stream me something."}],
        "max_tokens": 100,
        "stream": True,
    }
    said, killed = "", False
    with service.http.stream("POST", "/v1/chat/completions", json=body) as response:
        run_id = response.headers["x-request-id"]
        for line in response.iter_lines():
            if line in ("", "data: [DONE]") or line.startswith(":"):
                continue
            (choice,) = json.loads(line.removeprefix("data: "))["choices"]
            said += choice["delta"].get("content") or ""
            if said.count(" ") >= 5 and not killed:
                kill_worker(stack)
                killed = True
    assert said == WORDS
    require_whole(service, run_id)


def test_a_run_that_waits_while_no_worker_lives_is_answered(
    stack: StackProcess, service: Service, model: ScriptedServer
) -> None:
    model.text, model.mode, model.delay_s = WORDS, "ok", 0.0
    kill_worker(stack)
    reply = service.ask("Is anybody there?")
    assert (reply.status, reply.content) == (200, WORDS)
    require_whole(service, reply.run_id, attempts=1)
