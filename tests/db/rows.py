"""Rows that several tests need."""

import json
from collections.abc import Sequence
from typing import Any

from kernels.encoder import embed, encoder_digest
from trajectories.models import Client, Run, Trajectory
from workers.answer import Answer
from workers.recording import claim_run, record_answer
from workers.request import ChatRequest
from workers.trace import Trace

NO_DECISION = {"route": "generation", "reason": "no kernel is near", "chosen": None}
WORKER = "worker-1"


def chat(prompt: str, **fields: Any) -> ChatRequest:
    messages = ({"role": "user", "content": prompt},)
    plain = {"model": "kernelweave", "messages": messages, "max_tokens": 50}
    return ChatRequest(**{**plain, **fields})


def schema_format(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "t", "schema": schema}}


def queued_run(client: Client, request: ChatRequest, **fields: Any) -> Run:
    return Run.objects.create(
        client=client,
        request=request.model_dump(mode="json"),
        decision=NO_DECISION,
        embedding=embed(request.prompt),
        encoder_digest=encoder_digest(),
        **fields,
    )


def claimed_run(client: Client, request: ChatRequest, worker: str = WORKER) -> Run:
    run = claim_run(run_id=str(queued_run(client, request).pk), worker=worker, lease_s=60)
    assert run is not None
    return run


def generated(output: Any, **fields: Any) -> Answer:
    plain: dict[str, Any] = {
        "route": "generation",
        "reason": "no kernel is near",
        "text": json.dumps(output),
        "output": output,
        "finish_reason": "stop",
        "model": "scripted",
        "prompt_tokens": 30,
        "completion_tokens": 10,
        "checks": (),
        "verified": True,
    }
    return Answer(**{**plain, **fields})


def recorded(client: Client, request: ChatRequest, answer: Answer) -> Trajectory:
    """A finished run's trajectory."""
    run = claimed_run(client, request)
    found = record_answer(run=run, request=request, answer=answer, trace=Trace(), worker=WORKER)
    assert found is not None
    return found


def successes(client: Client, pairs: Sequence[tuple[str, Any]], **request: Any) -> list[Trajectory]:
    """Trajectories of verified answers, scored."""
    found = [recorded(client, chat(prompt, **request), generated(out)) for prompt, out in pairs]
    Trajectory.objects.filter(pk__in=[one.pk for one in found]).update(reward=0.8)
    return found
