"""What people say of a searched answer over HTTP: of its worker, of its steps, of itself."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from tests.db.rows import chat
from tests.db.scripted_search import backend
from tests.db.test_search import RIGHT, answered, asked
from training.feedback.of_workers import worker_deltas
from training.models import RouterOutcome, StepExample, WorkerDelta
from trajectories.models import Client, Feedback, Run, SearchRecord
from workers.backends.scripted import ScriptedBackend

__all__ = ["backend"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(client: Client, backend: ScriptedBackend) -> Run:
    """Answered by `math` in the steps of `RIGHT`."""
    backend.enqueue(RIGHT)
    return answered(client, asked(strategy="one_chain"))


def say(app: Browser, run: Run, **said: Any) -> Any:
    body = json.dumps({"run_id": str(run.pk), **said})
    return app.post("/api/feedback", body, content_type="application/json")


def deltas() -> dict[str, float]:
    return {worker: round(delta, 4) for worker, delta in worker_deltas().values.items() if delta}


def test_a_search_keeps_the_steps_of_its_answer(app: Browser, run: Run) -> None:
    told = app.get(f"/api/runs/{run.pk}/tree").json()
    assert told["steps"] == RIGHT.split("\n\n")
    assert told["step_scores"] == [1.0, 0.5]


def test_a_verdict_and_a_suggestion_are_recorded_together(app: Browser, run: Run) -> None:
    reply = say(app, run, verdict="incorrect", worker={"suggested": "logic"})
    assert reply.status_code == 201, reply.content
    assert reply.json()["worker"] == {"wrong": None, "suggested": "logic"}
    assert deltas() == {"math": -0.08, "logic": 0.05}
    outcome = RouterOutcome.objects.get()
    assert (outcome.suggested_worker, outcome.right_worker, outcome.reward) == ("logic", False, 0.0)
    assert Feedback.objects.get().verdict == "incorrect"


def test_a_good_rating_is_passed_on(app: Browser, run: Run) -> None:
    say(app, run, rating=5)
    assert deltas() == {"math": 0.02}
    assert RouterOutcome.objects.get().right_worker is None


def test_the_last_word_on_the_worker_stays_when_the_answer_is_judged_anew(
    app: Browser, run: Run
) -> None:
    reply = say(app, run, worker={"suggested": "logic"})
    assert (reply.status_code, reply.json()["id"]) == (201, None)
    assert not Feedback.objects.exists()
    say(app, run, verdict="incorrect")
    assert deltas() == {"math": -0.08, "logic": 0.05}
    say(app, run, verdict="correct")
    assert deltas() == {"math": -0.03, "logic": 0.05}
    say(app, run, worker={"wrong": False})
    assert deltas() == {}
    outcome = RouterOutcome.objects.get()
    assert (outcome.named_worker, outcome.reward) == ("math", 1.0)


def test_a_word_on_the_worker_leaves_the_last_verdict(app: Browser, run: Run) -> None:
    say(app, run, verdict="incorrect")
    say(app, run, worker={"wrong": True})
    assert deltas() == {"math": -0.08}


def test_steps_are_scored_one_by_one(app: Browser, run: Run) -> None:
    steps = [{"position": 2, "rating": 1}, {"position": 1, "score": 0.75}]
    assert say(app, run, steps=steps).status_code == 201
    rows = StepExample.objects.order_by("pk").values_list("step", "label", "human_score")
    assert list(rows) == [("17 + 25 = 42", 1.0, 0.75), ("Answer: 42", 1.0, 0.0)]
    assert not WorkerDelta.objects.exists()


def test_a_delta_counts_in_the_next_search(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    def reward() -> float:
        backend.enqueue("The first reason.\n\nConclusion: perhaps.")
        answered(client, asked("Is it so?", worker="analysis", strategy="one_chain"))
        return RouterOutcome.objects.latest("pk").reward

    before = reward()
    for run in Run.objects.all():
        say(app, run, verdict="incorrect", worker={"wrong": True})
    assert reward() == pytest.approx(before - 0.08)


@pytest.mark.parametrize(
    ("said", "code", "param"),
    [
        ({"worker": {"suggested": "alchemy"}}, "unknown_worker", None),
        ({"worker": {"suggested": "math"}}, "invalid_value", "worker"),
        ({"worker": {"wrong": False, "suggested": "code"}}, "invalid_value", "worker"),
        ({"worker": {}}, "invalid_value", "worker"),
        ({"steps": [{"position": 3, "score": 1}]}, "step_not_found", "steps"),
        ({"steps": [{"position": 0, "score": 1}]}, "invalid_value", "steps[0].position"),
        ({"steps": [{"position": 1, "score": 1.5}]}, "invalid_value", "steps[0].score"),
        ({"steps": [{"position": 1}]}, "invalid_value", "steps[0]"),
        ({"steps": [{"position": 1, "score": 1, "rating": 5}]}, "invalid_value", "steps[0]"),
        ({"steps": [{"position": 1, "score": 1}] * 2}, "invalid_value", "steps"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_stored(
    app: Browser, run: Run, said: dict[str, Any], code: str, param: str | None
) -> None:
    scored = [{"position": 1, "score": 0.1}]
    reply = say(app, run, verdict="incorrect", **{"steps": scored, **said})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (400, code, param), error
    assert not Feedback.objects.exists()
    assert not WorkerDelta.objects.exists()
    assert not StepExample.objects.filter(human_score__isnull=False).exists()


def test_a_plain_answer_has_no_worker_to_judge(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("Hello")
    run = answered(client, chat("Say hello"))
    for said in ({"worker": {"wrong": True}}, {"steps": [{"position": 1, "score": 1}]}):
        reply = say(app, run, verdict="correct", **said)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "not_searched")
    assert not Feedback.objects.exists()
    assert say(app, run, verdict="correct").status_code == 201


def test_a_worker_that_the_router_does_not_know_can_only_be_judged_by_its_answer(
    app: Browser, run: Run
) -> None:
    SearchRecord.objects.update(worker="poetry")
    assert say(app, run, worker={"wrong": True}).json()["error"]["code"] == "unknown_worker"
    assert say(app, run, verdict="incorrect").status_code == 201
    assert deltas() == {}


def test_the_draft_that_is_given_without_an_answer_has_steps_too(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("I would rather not.", "\n")
    run = answered(client, asked(strategy="one_chain"))
    assert SearchRecord.objects.get().steps == ["I would rather not."]
    assert say(app, run, steps=[{"position": 1, "score": 0}]).status_code == 201
