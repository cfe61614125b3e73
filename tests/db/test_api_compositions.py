"""Compositions over HTTP: proposed, refused with a value that shows why, listed, run."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import connections
from django.test import Client as Browser
from pytest_django import Settings

from kernels.composition_models import Composition, PlanRun, StepRun
from kernels.models import KernelVersion
from kernels.review import quarantine
from tests.composition_rows import add_live_composition, add_live_kernel, kernel, sequence
from trajectories.access import issue_key
from trajectories.models import Client
from workers.backends.choose import live_backend
from workers.tasks.composing import drive_plan, run_step

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = {"type": "string", "minLength": 1}
TWO = sequence(kernel("summarize"), kernel("entitle"))
ASYNC = {"prefer": "respond-async"}
PROMPT = {"input": {"prompt": "Ada wrote to Bo."}}


@pytest.fixture(autouse=True)
def kernels() -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    add_live_kernel("count", {"count": {"type": "integer", "minimum": 0}})
    takes = {"required": ["count"], "properties": {"count": {"type": "integer", "minimum": 1}}}
    add_live_kernel("price", {"total": {"type": "number"}}, input_schema=takes)


def post(app: Browser, path: str, body: Any, **headers: str) -> Any:
    return app.post(path, data=json.dumps(body), content_type="application/json", headers=headers)


def propose(app: Browser, plan: Any, **fields: Any) -> tuple[int, Any]:
    response = post(app, "/api/compositions", {"name": "letter", "plan": plan, **fields})
    return response.status_code, response.json()


def test_it_proposes_a_composition_by_the_names_of_live_kernels(
    app: Browser, client: Client
) -> None:
    status, made = propose(app, TWO)
    assert (status, made["state"], made["version"], made["shared"]) == (201, "candidate", 1, False)
    digests = [step["digest"] for step in made["plan"]["steps"]]
    live = KernelVersion.objects.filter(kernel__name__in=("summarize", "entitle"))
    assert set(digests) == set(live.values_list("digest", flat=True))
    assert Composition.objects.get().client == client


def test_it_refuses_what_does_not_fit_with_a_counterexample(app: Browser) -> None:
    status, refused = propose(app, sequence(kernel("count"), kernel("price")))
    error = refused["error"]
    assert (status, error["code"], error["type"]) == (
        422,
        "composition_refused",
        "invalid_request_error",
    )
    assert error["findings"][0]["where"] == "plan.steps[1] (price)"
    assert error["findings"][0]["counterexample"] == {"count": 0}
    assert 'for example {"count": 0}' in error["message"]
    assert not Composition.objects.exists()


@pytest.mark.parametrize(
    ("plan", "fields", "code", "says"),
    [
        (sequence(kernel("translate")), {}, "kernel_not_found", "translate"),
        ({"kind": "chain"}, {}, "invalid_value", "'plan'"),
        ({"kind": "kernel"}, {}, "missing_required_parameter", "'plan.kernel'"),
        (sequence(kernel("count", more=1)), {}, "unknown_parameter", "'plan.steps[0].more'"),
        (
            {"kind": "conditional", "when": "input.", "then": kernel("count")},
            {},
            "invalid_value",
            "'plan.when'",
        ),
        (
            {"kind": "loop", "body": kernel("count"), "at_most": 101},
            {},
            "invalid_value",
            "'plan.at_most'",
        ),
        ([], {}, "invalid_value", "'plan'"),
        (TWO, {"name": "A letter"}, "invalid_value", "'name'"),
        (TWO, {"input_schema": {"type": "text"}}, "invalid_value", "'input_schema'"),
        (TWO, {"nmae": "x"}, "unknown_parameter", "'nmae'"),
    ],
)
def test_it_says_what_is_wrong_with_a_body(
    app: Browser, plan: Any, fields: dict[str, Any], code: str, says: str
) -> None:
    status, refused = propose(app, plan, **fields)
    assert (status, refused["error"]["code"]) == (400, code)
    assert says in refused["error"]["message"]


def test_it_refuses_plans_that_could_run_for_ever(app: Browser) -> None:
    plan: dict[str, Any] = kernel("count")
    for _ in range(2):
        plan = {"kind": "loop", "body": plan, "at_most": 100}
    status, refused = propose(app, plan)
    assert (status, refused["error"]["param"]) == (400, "plan")
    assert "more than 2000 steps" in refused["error"]["message"]


@pytest.mark.parametrize(("query", "param"), [("?stat=live", "stat"), ("?=false", "")])
def test_an_unknown_parameter_is_refused(app: Browser, query: str, param: str) -> None:
    reply = app.get(f"/api/compositions{query}")
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == f"Unknown parameter: '{param}'."


def test_it_lists_own_and_shared_compositions(app: Browser) -> None:
    add_live_composition(TWO, name="shared")
    add_live_composition(TWO, name="theirs", client=Client.objects.create(name="other"))
    propose(app, TWO)

    def names(query: str = "") -> list[str]:
        return [one["name"] for one in app.get(f"/api/compositions{query}").json()["data"]]

    assert names() == ["letter", "shared"]
    assert names("?state=live") == ["shared"]
    assert app.get("/api/compositions?state=best").status_code == 400


def test_only_a_live_composition_runs(app: Browser) -> None:
    assert post(app, "/api/compositions/letter/runs", PROMPT).status_code == 404
    propose(app, TWO)
    refused = post(app, "/api/compositions/letter/runs", PROMPT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "composition_not_live")
    assert post(app, "/api/compositions/A%00b/runs", PROMPT).status_code == 400


def test_a_composition_with_a_kernel_in_quarantine_does_not_run(app: Browser) -> None:
    add_live_composition(TWO, name="letter")
    quarantine(version=KernelVersion.objects.get(kernel__name="entitle"), reason="it drifted")
    refused = post(app, "/api/compositions/letter/runs", PROMPT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "kernel_not_live")
    assert "entitle" in refused.json()["error"]["message"]


@pytest.mark.parametrize("given", [{}, {"prompt": 7}, {"prompt": "x", "other": 1}])
def test_it_refuses_an_input_that_the_composition_does_not_take(
    app: Browser, given: dict[str, Any]
) -> None:
    add_live_composition(TWO, name="letter")
    refused = post(app, "/api/compositions/letter/runs", {"input": given})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input")
    assert not PlanRun.objects.exists()


def test_a_run_is_accepted_at_once_when_the_client_does_not_wait(app: Browser) -> None:
    add_live_composition(TWO, name="letter")
    reply = post(app, "/api/compositions/letter/runs", PROMPT, **ASYNC)
    assert (reply.status_code, reply.json()["status"]) == (202, "running")
    found = app.get(reply["Location"]).json()
    assert (found["composition"], found["version"], found["steps"]) == ("letter", 1, [])


def test_a_client_sees_its_own_runs_only(app: Browser) -> None:
    other = Client.objects.create(name="other")
    theirs = Browser(headers={"authorization": f"Bearer {issue_key(client=other, label='t')[1]}"})
    add_live_composition(TWO, name="letter")
    reply = post(app, "/api/compositions/letter/runs", PROMPT, **ASYNC)
    assert theirs.get(reply["Location"]).status_code == 404
    assert app.get(f"/api/plan-runs/{uuid.uuid4()}").status_code == 404
    assert app.get("/api/plan-runs/x").status_code == 400


@contextmanager
def a_worker() -> Iterator[None]:
    """Drives what is there, as a worker does."""
    over = threading.Event()

    def work() -> None:
        try:
            while not over.wait(0.05):
                for run in PlanRun.objects.filter(status="running", steps=None):
                    drive_plan(str(run.pk))
                for step in StepRun.objects.filter(status="queued"):
                    run_step(str(step.pk))
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def scripted(settings: Settings) -> Iterator[Any]:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    yield live_backend()
    live_backend.cache_clear()


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    found = redis.Redis.from_url(configured.REDIS_URL)
    found.delete("interactive")
    yield
    found.close()


def test_a_client_that_waits_gets_the_output_and_each_step(app: Browser, scripted: Any) -> None:
    add_live_composition(TWO, name="letter")
    scripted.enqueue('{"summary": "A letter."}', '{"title": "Letter"}')
    with a_worker():
        reply = post(app, "/api/compositions/letter/runs", PROMPT)
    done = reply.json()
    assert (reply.status_code, done["status"], done["output"]) == (200, "done", {"title": "Letter"})
    assert [(step["kernel"], step["status"]) for step in done["steps"]] == [
        ("summarize", "done"),
        ("entitle", "done"),
    ]
    assert done["steps"][0]["checks"][0]["status"] == "ok"


def test_a_client_that_waits_is_told_why_a_run_failed(
    app: Browser, scripted: Any, settings: Settings
) -> None:
    settings.KW_KERNEL_RETRIES = 0
    add_live_composition(TWO, name="letter")
    scripted.enqueue("no JSON")
    with a_worker():
        reply = post(app, "/api/compositions/letter/runs", PROMPT)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (422, "plan_failed")
    assert error["message"].startswith("summarize: output schema failed")
    assert error["message"].endswith(f"Its steps are at /api/plan-runs/{reply['x-request-id']}.")
    assert app.get(f"/api/plan-runs/{reply['x-request-id']}").json()["status"] == "failed"


def test_a_client_that_waited_long_enough_is_told_where_to_look(
    app: Browser, settings: Settings
) -> None:
    settings.KW_REQUEST_TIMEOUT_S = 0.2
    add_live_composition(TWO, name="letter")
    reply = post(app, "/api/compositions/letter/runs", PROMPT)
    assert (reply.status_code, reply.json()["status"]) == (202, "running")
    assert reply["Location"].endswith(reply.json()["id"])
