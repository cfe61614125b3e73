"""A run that never ends takes its worker process along, and no more than that."""

import shutil
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.service_client import Service
from tests.scripted_server import ScriptedServer, serve
from tests.stack_fixtures import StackProcess, throwaway_home


@pytest.fixture
def model() -> Iterator[ScriptedServer]:
    with serve() as server:
        yield server


@pytest.fixture
def stack(model: ScriptedServer) -> Iterator[StackProcess]:
    settings = {
        "KW_LLM_BASE_URL": model.base_url,
        "KW_LLM_API_KEY": "none",
        "KW_LLM_MODEL": "scripted",
        "KW_LEASE_S": "2",
        "KW_RUN_LIMIT_S": "10",
        "KW_MAX_ATTEMPTS": "2",
    }
    home = throwaway_home()
    started = StackProcess(home, settings)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.stop()
        shutil.rmtree(home)


def test_a_run_without_end_fails_and_the_next_one_is_answered(
    stack: StackProcess, model: ScriptedServer
) -> None:
    with closing(Service(stack)) as service:
        before = stack.pids["answers"]
        model.text, model.mode, model.slow_s = "never", "slow", 40.0
        reply = service.ask("Take your time.")
        assert (reply.status, reply.body["error"]["code"]) == (500, "workers_died")
        assert stack.pids["answers"] != before
        model.text, model.mode = "hello", "ok"
        again = service.ask("Say hello.")
        assert (again.status, again.content) == (200, "hello")
        log = (stack.home / "logs" / "answers.log").read_text()
        assert "are stuck; this process ends" in log
        assert "Exception in thread" not in log
