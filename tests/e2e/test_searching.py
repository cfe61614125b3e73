"""Searches through the running stack, with the embedded model."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.e2e.service_client import Service
from tests.stack_fixtures import StackProcess

EVIDENCE = ["The bridge was built by Ann Lee. It opened in 1999."]
STOP_S = 20.0


@pytest.fixture
def service(running_stack: StackProcess) -> Iterator[Service]:
    found = Service(running_stack)
    yield found
    found.close()


def test_a_search_keeps_all_it_tried(service: Service) -> None:
    search = {"worker": "math", "strategy": "self_consistency", "simulations": 4}
    reply = service.ask("What is 12 + 30?", max_tokens=80, kernelweave={"search": search})
    told = reply.extras["search"]
    assert reply.extras["route"] == "search"
    assert (told["worker"], told["simulations"]) == ("math", 4)
    assert 0 < told["tokens"] <= 4 * 80
    tree = service.http.get(f"/api/runs/{reply.run_id}/tree").json()["trees"]["math"]
    assert tree["visits"] == 4


def test_an_answer_that_rests_on_the_evidence_is_verified(service: Service) -> None:
    search = {"worker": "factual", "strategy": "best_of_n_verifier", "evidence": EVIDENCE}
    reply = service.ask("Who built the bridge?", max_tokens=60, kernelweave={"search": search})
    assert reply.extras["search"]["worker"] == "factual"
    (check,) = [one for one in reply.extras["checks"] if one["kind"] == "worker"]
    assert reply.extras["verified"] == {"ok": True, "failed": False}.get(check["status"])


def test_the_openai_client_streams_a_search(running_stack: StackProcess) -> None:
    client = OpenAI(base_url=running_stack.base_url, api_key=running_stack.api_key, max_retries=0)
    stream = client.chat.completions.create(
        model="kernelweave",
        messages=[{"role": "user", "content": "What is 2 + 2?"}],
        max_tokens=60,
        stream=True,
        extra_body={"kernelweave": {"search": {"worker": "math", "strategy": "one_chain"}}},
    )
    text = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
    assert text.strip()


def test_a_stream_tells_what_is_tried_where_that_is_asked_for(
    running_stack: StackProcess,
) -> None:
    client = OpenAI(base_url=running_stack.base_url, api_key=running_stack.api_key, max_retries=0)
    search = {"worker": "math", "strategy": "self_consistency", "simulations": 3}
    chunks = list(
        client.chat.completions.create(
            model="kernelweave",
            messages=[{"role": "user", "content": "What is 2 + 5?"}],
            max_tokens=60,
            stream=True,
            extra_body={"kernelweave": {"search": search, "trace": True}},
        )
    )
    told = [(chunk.model_extra or {}).get("kernelweave") or {} for chunk in chunks]
    tried = [one["tried"] for one in told if "tried" in one]
    assert [one["worker"] for one in tried] == ["math"] * 3
    assert {one["status"] for one in tried} <= {"ok", "failed", "unverified"}
    assert all(not chunk.choices for chunk, one in zip(chunks, told, strict=True) if "tried" in one)
    assert told[-1]["search"]["simulations"] == 3


def test_a_cancelled_search_frees_the_model_server_at_once(
    service: Service, running_stack: StackProcess
) -> None:
    body = _endless("Tell me every step of 17 * 23 * 31 * 47.")
    accepted = service.http.post(
        "/v1/chat/completions", json=body, headers={"Prefer": "respond-async"}
    ).json()
    model = ModelServer(running_stack)
    _until(lambda: model.busy() > 0)
    reply = service.http.post(f"/api/runs/{accepted['id']}/cancel")
    assert reply.json()["status"] == "cancelled"
    _until(lambda: model.busy() == 0)


def test_a_search_ends_when_its_client_leaves(
    service: Service, running_stack: StackProcess
) -> None:
    body = _endless("Tell me every step of 19 * 29 * 37 * 41.")
    with pytest.raises(httpx2.ReadTimeout):
        service.http.post("/v1/chat/completions", json=body, timeout=5)
    model = ModelServer(running_stack)
    _until(lambda: model.busy() == 0)
    (status,) = service.rows("SELECT status FROM trajectories_run ORDER BY created_at DESC LIMIT 1")
    assert status == ("cancelled",)


class ModelServer:
    """The embedded model server, asked what it is doing."""

    def __init__(self, stack: StackProcess) -> None:
        settings = json.loads((stack.home / "stack.json").read_text())
        self._url = settings["KW_LLM_BASE_URL"].removesuffix("/v1")
        self._headers = {"Authorization": f"Bearer {settings['KW_LLM_API_KEY']}"}

    def busy(self) -> int:
        slots = httpx2.get(f"{self._url}/slots", headers=self._headers).json()
        return sum(bool(slot["is_processing"]) for slot in slots)


def _endless(prompt: str) -> dict[str, Any]:
    search = {"worker": "math", "strategy": "self_consistency", "simulations": 100}
    return {
        "model": "kernelweave",
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": 500,
        "kernelweave": {"search": {**search, "budget_tokens": 50_000}},
    }


def _until(holds: Any) -> None:
    deadline = time.monotonic() + STOP_S
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)
