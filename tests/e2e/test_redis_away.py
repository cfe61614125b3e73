"""What still works while Redis does not answer, and what comes back with it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from tests.e2e.service_client import Service, wait_for
from tests.stack_fixtures import StackProcess


@pytest.fixture
def stack(start_stack: Callable[..., StackProcess]) -> StackProcess:
    return start_stack(KW_LLM_PROVIDER="scripted")


@pytest.fixture
def service(stack: StackProcess) -> Iterator[Service]:
    with closing(Service(stack)) as found:
        yield found


@contextmanager
def silent_redis(stack: StackProcess) -> Iterator[None]:
    """Valkey is there and takes connections, and does not answer."""
    os.kill(stack.pids["valkey"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(stack.pids["valkey"], signal.SIGCONT)


def test_requests_are_refused_verdicts_are_kept(stack: StackProcess, service: Service) -> None:
    served = service.ask("Say hello.")
    scored = "SELECT scored_at FROM trajectories_trajectory WHERE run_id = %s"
    reward = "SELECT reward FROM trajectories_trajectory WHERE run_id = %s"
    wait_for(lambda: service.rows(scored, served.run_id)[0][0], "the first reward")
    plain = service.rows(reward, served.run_id)
    runs = "SELECT count(*) FROM trajectories_run"
    before = service.rows(runs)

    with silent_redis(stack):
        refused = service.ask("Say it again.")
        assert refused.status == 503
        assert refused.body["error"]["code"] == "queue_unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        assert service.rows(runs) == before  # nothing half-recorded
        service.judge(served, "correct")
        assert service.run(served.run_id)["status"] == "done"
        assert service.rows(scored, served.run_id) == [(None,)]

    assert wait_for(lambda: service.ask("And now?").status == 200, "an answer")
    wait_for(lambda: service.rows(scored, served.run_id)[0][0], "the second reward")
    assert service.rows(reward, served.run_id) > plain
