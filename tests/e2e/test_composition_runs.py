"""Compositions on the real stack: branches at the same time, and a worker that is killed."""

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.service_client import Operator, Service, wait_for
from tests.scripted_server import ScriptedServer, Span, serve
from tests.stack_fixtures import StackProcess, throwaway_home

PROMPT = "Ada sent the invoice for the garden party to Bo."
ANSWERS: dict[str, dict[str, Any]] = {
    "title": {"title": "Garden party invoice"},
    "keywords": {"keywords": ["invoice", "garden"]},
    "sentiment": {"sentiment": "neutral"},
}


def kernel(called: str, prompt: str, **fields: Any) -> dict[str, Any]:
    """A starter that is asked in words of its own."""
    return {"kind": "kernel", "kernel": called, "input": {"prompt": prompt}, **fields}


BRANCHES = [
    kernel("suggest-title", "'Suggest a title for this text: ' + input.prompt"),
    kernel("extract-keywords", "'List the keywords of this text: ' + input.prompt"),
]
JUDGED = kernel(
    "classify-sentiment",
    "'Classify the sentiment of this text: ' + outputs.found.title",
    name="judged",
)
PLAN = {
    "kind": "sequence",
    "steps": [{"kind": "parallel", "name": "found", "branches": BRANCHES}, JUDGED],
    "output": {
        "title": "outputs.found.title",
        "keywords": "outputs.found.keywords",
        "sentiment": "outputs.judged.sentiment",
    },
}
OUTPUT = {name: value for answer in ANSWERS.values() for name, value in answer.items()}


class Gate:
    """The model's answers; those of both branches wait until it is open."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, body: dict[str, Any]) -> str:
        name = asked_for(body)
        if name != "sentiment":
            self.open.wait(120)
        return json.dumps(ANSWERS[name])


def asked_for(body: dict[str, Any]) -> str:
    (name,) = body["response_format"]["json_schema"]["schema"]["properties"]
    return str(name)


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
        "KW_LEASE_S": "2",
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
    """A client with a composition that an operator approved."""
    with closing(Service(stack)) as found, closing(Operator(stack, "composition")) as operator:
        body = {"name": "letter", "plan": PLAN}
        made = found.http.post("/api/compositions", json=body)
        assert (made.status_code, made.json()["state"]) == (201, "candidate"), made.text
        ((row_id,),) = found.rows("SELECT id FROM kernels_composition")
        assert "Approved: 1." in operator.decide("approve_selected", str(row_id))
        yield found


def begin(service: Service) -> str:
    reply = service.http.post(
        "/api/compositions/letter/runs",
        json={"input": {"prompt": PROMPT}},
        headers={"prefer": "respond-async"},
    )
    assert reply.status_code == 202, reply.text
    return str(reply.headers["location"])


def end_of(service: Service, location: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        run: dict[str, Any] = service.http.get(location).raise_for_status().json()
        return run if run["status"] != "running" else None

    return wait_for(look, "the end of the run")


def branches_in(spans: list[Span]) -> list[Span]:
    return [span for span in spans if asked_for(span.body) != "sentiment"]


def require_overlap(spans: list[Span]) -> None:
    """Both branches had begun before either ended."""
    assert {asked_for(span.body) for span in spans} == {"title", "keywords"}
    ends = [span.ended for span in spans if span.ended is not None]
    assert len(ends) == 2
    assert max(span.started for span in spans) < min(ends)


def test_both_branches_are_in_work_before_either_ends(
    service: Service, model: ScriptedServer
) -> None:
    gate = model.text = Gate()
    before = len(model.spans)
    location = begin(service)
    wait_for(lambda: len(model.spans) == before + 2, "requests of both branches")
    gate.open.set()
    run = end_of(service, location)
    assert (run["status"], run["output"], run["error"]) == ("done", OUTPUT, None)
    require_overlap(branches_in(model.spans[before:]))
    assert len(model.spans) == before + 3


def test_a_killed_worker_costs_no_result_and_none_comes_twice(
    stack: StackProcess, service: Service, model: ScriptedServer
) -> None:
    gate = model.text = Gate()
    before = len(model.spans)
    ((passes,),) = service.rows("SELECT passes FROM kernels_composition WHERE name = 'letter'")
    location = begin(service)
    wait_for(lambda: len(model.spans) == before + 2, "requests of both branches")
    killed = stack.pids["answers"]
    os.kill(killed, signal.SIGKILL)
    gate.open.set()
    run = end_of(service, location)
    assert (run["status"], run["output"], run["error"]) == ("done", OUTPUT, None)
    require_overlap(branches_in(model.spans[before:])[:2])
    tries = {step["kernel"]: step["attempts"] for step in run["steps"]}
    assert tries == {"suggest-title": 2, "extract-keywords": 2, "classify-sentiment": 1}
    assert stack.pids["answers"] != killed
    ended = service.rows("SELECT passes, failures FROM kernels_composition WHERE name = 'letter'")
    assert ended == [(passes + 1, 0)]
    asked = [asked_for(span.body) for span in model.spans[before:]]
    assert sorted(asked) == ["keywords", "keywords", "sentiment", "title", "title"]


def test_a_proposal_of_the_router_can_be_approved_and_run(
    stack: StackProcess, service: Service
) -> None:
    asked = "Extract all email addresses and all dates from this text: ann@a.org on 2024-03-01."
    body = {"model": "kernelweave", "messages": [{"role": "user", "content": asked}]}
    proposal = service.http.post("/api/plan", json=body).raise_for_status().json()["proposal"]
    name = proposal["composition"]["name"]
    service.http.post("/api/compositions", json=proposal["composition"]).raise_for_status()
    ((row_id,),) = service.rows("SELECT id FROM kernels_composition WHERE name = %s", name)
    with closing(Operator(stack, "composition")) as operator:
        operator.decide("approve_selected", str(row_id))
    given = {"input": proposal["input"]}
    run = service.http.post(f"/api/compositions/{name}/runs", json=given).raise_for_status().json()
    assert run["status"] == "done"
    assert run["output"] == {"emails": ["ann@a.org"], "dates": ["2024-03-01"]}
