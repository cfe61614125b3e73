"""A model server that is down, slow or answers garbage: the right status, nothing half-recorded."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.service_client import Reply, Service
from tests.scripted_server import ScriptedServer, serve
from tests.stack_fixtures import StackProcess, throwaway_home

TIMEOUT_S = 2
HEALTHY = {"mode": "ok", "delay_s": 0.0, "slow_s": 30.0, "text": None}


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with serve() as found:
        yield found


@pytest.fixture
def model(server: ScriptedServer) -> Iterator[ScriptedServer]:
    yield server
    for name, value in HEALTHY.items():
        setattr(server, name, value)


@pytest.fixture(scope="module")
def stack(server: ScriptedServer) -> Iterator[StackProcess]:
    settings = {
        "KW_LLM_BASE_URL": server.base_url,
        "KW_LLM_API_KEY": "none",
        "KW_LLM_MODEL": "scripted",
        "KW_LLM_TIMEOUT_S": str(TIMEOUT_S),
    }
    home = throwaway_home()
    started = StackProcess(home, settings)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.stop()
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def service(stack: StackProcess) -> Iterator[Service]:
    with closing(Service(stack)) as found:
        yield found


def require_failed(service: Service, run_id: str, status: int, code: str) -> None:
    """The run says why it failed, and nothing else was recorded."""
    run = service.run(run_id)
    assert run["status"] == "failed"
    assert run["response"] is None
    assert (run["error"]["status"], run["error"]["code"]) == (status, code)
    assert run["events"] == []
    query = "SELECT count(*) FROM trajectories_trajectory WHERE run_id = %s"
    assert service.rows(query, run_id) == [(0,)]


def require_error(reply: Reply, status: int, code: str, kind: str = "server_error") -> None:
    """OpenAI's error shape."""
    assert reply.status == status, reply.body
    error = reply.body["error"]
    assert {"message", "type", "param", "code"} <= error.keys()
    assert (error["type"], error["code"]) == (kind, code)
    assert error["message"]
    assert "Traceback" not in error["message"]


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("close", 503, "model_server_unavailable"),
        ("error500", 503, "model_server_unavailable"),
        ("busy429", 503, "model_server_unavailable"),
        ("reject401", 503, "model_server_unavailable"),
        ("slow", 504, "model_server_timeout"),
        ("drip", 504, "model_server_timeout"),
        ("garbage", 502, "model_server_garbage"),
        ("html", 502, "model_server_garbage"),
        ("cut", 502, "model_server_garbage"),
    ],
)
def test_a_bad_model_server_has_its_status(
    service: Service, model: ScriptedServer, mode: str, status: int, code: str
) -> None:
    model.mode = mode
    reply = service.ask("Say hello.")
    require_error(reply, status, code)
    assert ("retry-after" in reply.headers) == (status in (503, 504))
    require_failed(service, reply.run_id, status, code)


def test_a_request_that_the_model_server_refuses_is_a_bad_request(
    service: Service, model: ScriptedServer
) -> None:
    model.mode = "reject400"
    reply = service.ask("Say hello.")
    require_error(reply, 400, "model_server_rejected", "invalid_request_error")
    assert "longer than the context" in reply.body["error"]["message"]
    require_failed(service, reply.run_id, 400, "model_server_rejected")


@pytest.mark.parametrize(("mode", "status"), [("close", 503), ("slow", 504), ("garbage", 502)])
def test_a_stream_that_never_began_has_its_status(
    service: Service, model: ScriptedServer, mode: str, status: int
) -> None:
    model.mode = mode
    assert service.ask("Say hello.", stream=True).status == status


def test_a_stream_that_breaks_off_ends_with_an_error(
    service: Service, model: ScriptedServer
) -> None:
    model.mode, model.text = "hangup", "one two three"
    body = {
        "model": "kernelweave",
        "messages": [{"role": "user", "content": "Count."}],
        "stream": True,
    }
    with service.http.stream("POST", "/v1/chat/completions", json=body) as response:
        assert response.status_code == 200
        run_id = response.headers["x-request-id"]
        lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    last: dict[str, Any] = json.loads(lines[-1].removeprefix("data: "))
    assert last["error"]["type"] == "server_error"
    assert service.run(run_id)["status"] == "failed"
    query = "SELECT count(*) FROM trajectories_trajectory WHERE run_id = %s"
    assert service.rows(query, run_id) == [(0,)]


def test_when_the_model_server_is_back_so_are_the_answers(
    service: Service, model: ScriptedServer
) -> None:
    model.mode = "close"
    assert service.ask("Say hello.").status == 503
    model.mode = "ok"
    assert service.ask("Say hello.").content == "Say hello."
