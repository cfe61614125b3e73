"""A client whose searched answers are kept, and requests that may get them again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from tests.db.rows import chat, queued_run
from trajectories.access import issue_key
from trajectories.models import Client, Run, Trajectory
from workers.backends.choose import live_backend
from workers.backends.scripted import ScriptedBackend
from workers.intake import plan
from workers.request import AskedContract, ChatRequest
from workers.search.options import SearchOptions
from workers.tasks.answering import answer_run

FIRST = "What are the benefits of yoga?"
SAME = "Could you tell me the benefits of yoga, please?"
NEAR = "What are the advantages of yoga?"
TEXT = "Yoga makes the back strong.\n\nAnswer: a strong back"
YES, NO = '{"answers_it": "yes"}', '{"answers_it": "no"}'
STRONG = AskedContract.model_validate(
    {"conditions": [{"kind": "regex", "pattern": "(?s).*strong.*"}]}
)
UNKNOWN = AskedContract()


@pytest.fixture
def client() -> Client:
    return Client.objects.create(name="app")


@pytest.fixture
def app(client: Client) -> Browser:
    return Browser(headers={"authorization": f"Bearer {issue_key(client=client, label='t')[1]}"})


@pytest.fixture(autouse=True)
def backend(settings: Settings) -> Iterator[ScriptedBackend]:
    settings.KW_LLM_PROVIDER = "scripted"
    settings.KW_SEARCH_PARALLEL = 1
    settings.KW_LEASE_S = 600.0  # no thread renews it, with a connection of its own
    settings.KW_ROUTER_EPSILON = 0.0
    settings.KW_SEARCH_EXPLORE = 0.0
    live_backend.cache_clear()
    found = live_backend()
    assert isinstance(found, ScriptedBackend)
    yield found
    live_backend.cache_clear()


def asking(prompt: str = FIRST, **fields: Any) -> ChatRequest:
    search = SearchOptions(worker="factual", strategy="one_chain")
    return chat(prompt, **{"max_tokens": 100, "search": search, "contract": STRONG, **fields})


def asked(client: Client, prompt: str = FIRST, **fields: Any) -> Run:
    """A request as it comes in: decided upon, then answered."""
    request = asking(prompt, **fields)
    run = queued_run(client, request)
    run.decision = plan(client=client, request=request).as_json()
    run.save(update_fields=["decision"])
    answer_run(str(run.pk))
    run.refresh_from_db()
    assert run.response is not None, run.error
    return run


def told(run: Run) -> dict[str, Any]:
    assert run.response is not None
    found: dict[str, Any] = run.response["kernelweave"]
    return found


def searched(client: Client, backend: ScriptedBackend, **fields: Any) -> Trajectory:
    backend.enqueue(TEXT)
    run = asked(client, **fields)
    assert told(run)["route"] == "search"
    return Trajectory.objects.get(run=run)


def near_hit(client: Client, backend: ScriptedBackend) -> Run:
    backend.enqueue(YES)
    run = asked(client, NEAR)
    assert told(run)["route"] == "reuse"
    return run


def route(client: Client, prompt: str, **fields: Any) -> str:
    return plan(client=client, request=asking(prompt, **fields)).route
