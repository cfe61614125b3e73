"""A recorded session of a coding agent, replayed through the hook into the running stack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwsite.env import CHECKOUT
from tests.e2e.service_client import Service, wait_for
from tests.stack_fixtures import StackProcess

HOOK = CHECKOUT / "clients" / "hook" / "kernelweave_hook.py"
RECORDED = CHECKOUT / "tests" / "data" / "recorded_session.jsonl"


@pytest.fixture
def service(running_stack: StackProcess) -> Iterator[Service]:
    found = Service(running_stack)
    yield found
    found.close()


def hook(stack: StackProcess, spool: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "KERNELWEAVE_URL": stack.base_url.removesuffix("/v1"),
        "KERNELWEAVE_API_KEY": stack.api_key,
        "KERNELWEAVE_SPOOL": str(spool),
    }
    done = subprocess.run(
        [sys.executable, "-I", str(HOOK), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout + done.stderr


def test_a_recorded_session_becomes_scored_trajectories(
    running_stack: StackProcess, service: Service, tmp_path: Path
) -> None:
    hook(running_stack, tmp_path, "replay", str(RECORDED))
    hook(running_stack, tmp_path, "flush")
    turns = """
        SELECT t.trajectory_id FROM trajectories_agentturn t
        JOIN trajectories_agentsession s ON s.id = t.session_id
        WHERE s.source = 'hook' ORDER BY t.place
    """
    ids = wait_for(lambda: _three(service.rows(turns)), "three prompts")

    def scored() -> list[dict[str, Any]]:
        found = [service.http.get(f"/api/trajectories/{one}").json() for one in ids]
        return found if all(one["reward"] is not None for one in found) else []

    first, second, third = wait_for(scored, "rewards")
    assert [len(one["events"]) for one in (first, second, third)] == [6, 6, 3]
    assert first["corrected"] is True
    assert first["corrected_by"]
    assert (second["corrected"], second["continued"]) == (False, True)
    assert third["continued"] is False
    assert second["reward"] > first["reward"]
    signals = {one["name"]: one for one in first["reward_parts"]["signals"]}
    assert signals["tool_success_rate"]["why"]
    assert signals["build_succeeded"]["value"] == 1.0
    assert "README" in third["prompt"]


def _three(rows: list[tuple[Any, ...]]) -> list[str]:
    return [str(one) for (one,) in rows] if len(rows) == 3 else []
