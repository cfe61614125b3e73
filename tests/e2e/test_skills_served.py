"""Skills on the running service: imported at the command line, ranked over HTTP, remembered."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from kernels.encoder import key_of
from tests.e2e.service_client import Service, wait_for
from tests.e2e.test_command_line import manage
from tests.skill_rows import DEPLOY, INVOICE, write_skill
from tests.stack_fixtures import StackProcess

PROMPT = "Roll the new version of the payments API out to production"


@pytest.fixture
def stack(start_stack: Callable[..., StackProcess]) -> StackProcess:
    return start_stack(KW_LLM_PROVIDER="scripted")


@pytest.fixture
def service(stack: StackProcess) -> Iterator[Service]:
    with closing(Service(stack)) as found:
        yield found


def rank(service: Service) -> dict[str, Any]:
    response = service.http.post("/api/skills/rank", json={"prompt": PROMPT})
    found: dict[str, Any] = response.raise_for_status().json()
    return found


def test_a_restarted_web_process_remembers_what_it_embedded(
    stack: StackProcess, service: Service, tmp_path: Path
) -> None:
    write_skill(tmp_path, "deploy", DEPLOY)
    write_skill(tmp_path, "invoice", INVOICE)
    done = manage(stack.home, "skills", "import", str(tmp_path), "--json")
    assert sorted(json.loads(done.stdout)["added"]) == ["deploy-service", "read-invoice"]

    first = rank(service)
    assert (first["cache_hit"], first["vector"]["name"]) == (False, "deploy-service")
    assert rank(service)["cache_hit"] is True

    kept = "SELECT made_at FROM kernels_keptembedding WHERE key = %s"
    made_at = wait_for(lambda: service.rows(kept, key_of(PROMPT)), "the kept embedding")
    web = psutil.Process(stack.pids["web"])
    killed = {child.pid for child in web.children()}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: {one.pid for one in web.children()} - killed, "another web process")
    wait_for(lambda: _answers(service), "its answer")
    time.sleep(5)  # it loads what was kept beside its requests

    again = rank(service)
    assert again["cache_hit"] is True
    assert again["skills"] == first["skills"]
    assert service.rows(kept, key_of(PROMPT)) == made_at

    shadow = service.http.get("/api/skills/shadow").json()
    assert (shadow["records"], shadow["gate"]["open"]) == (3, False)
    counted = "SELECT sum(hits), sum(misses) FROM kernels_embeddinguse"
    wait_for(lambda: service.rows(counted)[0][0] or None, "the counted lookups")


def _answers(service: Service) -> bool:
    try:
        return bool(service.http.get("/api/health").status_code == 200)
    except httpx2.TransportError:
        return False
