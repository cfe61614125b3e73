"""A client whose searched answers are kept, and requests that may get them again."""

from typing import Any

from tests.db.rows import chat, queued_run
from trajectories.models import Client, Run, Trajectory
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
