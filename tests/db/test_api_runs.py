"""Runs and feedback over HTTP."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from trajectories.models import EMBEDDING_DIMENSIONS, Client, Event, Feedback, Run, Trajectory

NOBODY = "6d6f7265-0000-4000-8000-000000000000"
pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = {
    "content": "Hi",
    "tool_calls": [],
    "finish_reason": "stop",
    "model": "scripted",
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    "kernelweave": {"route": "generation"},
}
VECTOR = [0.0] * EMBEDDING_DIMENSIONS


def make_run(client: Client, **fields: Any) -> Run:
    return Run.objects.create(
        client=client,
        request={},
        decision={"route": "generation"},
        embedding=VECTOR,
        encoder_digest="e",
        **fields,
    )


def make_finished_run(client: Client) -> Run:
    run = make_run(client, status=Run.Status.DONE, response=ANSWER, finished_at=timezone.now())
    trajectory = Trajectory.objects.create(
        run=run,
        client=client,
        prompt="Hello",
        plain=True,
        signature="s",
        embedding=VECTOR,
        encoder_digest="e",
        route=Trajectory.Route.GENERATION,
        route_reason="no kernel is near",
        model="scripted",
        duration_ms=1.0,
    )
    Event.objects.create(
        trajectory=trajectory,
        sequence=1,
        kind=Event.Kind.MESSAGE,
        payload={"text": "Hi"},
        at=timezone.now(),
    )
    return run


def judge(app: Browser, **body: Any) -> tuple[int, Any]:
    response = app.post("/api/feedback", data=json.dumps(body), content_type="application/json")
    return response.status_code, response.json()


def test_a_waiting_run_has_a_decision_and_no_answer(app: Browser, client: Client) -> None:
    report = app.get(f"/api/runs/{make_run(client).id}").json()
    assert report["status"] == "queued"
    assert report["decision"] == {"route": "generation"}
    assert report["response"] is None
    assert report["events"] == []


def test_a_finished_run_has_its_answer_and_events(app: Browser, client: Client) -> None:
    run = make_finished_run(client)
    report = app.get(f"/api/runs/{run.id}").json()
    assert report["response"]["id"] == f"chatcmpl-{run.id.hex}"
    assert report["response"]["choices"][0]["message"]["content"] == "Hi"
    assert [event["kind"] for event in report["events"]] == ["message"]


def test_a_failed_run_says_why(app: Browser, client: Client) -> None:
    error = {"status": 502, "type": "server_error", "code": "x", "message": "y"}
    run = make_run(client, status=Run.Status.FAILED, error=error)
    assert app.get(f"/api/runs/{run.id}").json()["error"] == error


def test_a_client_does_not_see_the_run_of_another(app: Browser) -> None:
    run = make_run(Client.objects.create(name="other app"))
    assert app.get(f"/api/runs/{run.id}").status_code == 404


@pytest.mark.parametrize(("run_id", "status"), [(NOBODY, 404), ("not-an-id", 400)])
def test_it_says_when_there_is_no_such_run(app: Browser, run_id: str, status: int) -> None:
    response = app.get(f"/api/runs/{run_id}")
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_it_records_feedback(app: Browser, client: Client) -> None:
    run = make_finished_run(client)
    status, recorded = judge(app, run_id=str(run.id), verdict="incorrect", comment="wrong name")
    assert status == 201
    feedback = run.trajectory.feedback.get()
    assert (feedback.verdict, feedback.comment) == ("incorrect", "wrong name")
    assert recorded["id"] == feedback.pk


@pytest.mark.parametrize(
    "judgement",
    [{}, {"comment": "hm"}, {"rating": 0}, {"rating": 6}, {"rating": "5"}, {"verdict": "maybe"}],
)
def test_it_refuses_feedback_that_says_nothing_clear(
    app: Browser, client: Client, judgement: dict[str, Any]
) -> None:
    run = make_finished_run(client)
    status, reply = judge(app, run_id=str(run.id), **judgement)
    assert status == 400
    assert reply["error"]["param"] in ("verdict", "rating")


def test_it_refuses_feedback_on_a_run_that_is_not_finished(app: Browser, client: Client) -> None:
    status, reply = judge(app, run_id=str(make_run(client).id), rating=5)
    assert (status, reply["error"]["code"]) == (409, "run_not_finished")


def test_it_refuses_feedback_on_the_run_of_another_client(app: Browser) -> None:
    run = make_finished_run(Client.objects.create(name="other app"))
    assert judge(app, run_id=str(run.id), rating=5)[0] == 404


def test_what_would_have_been_right_is_taken_with_a_denial_alone(
    app: Browser, client: Client
) -> None:
    run = make_finished_run(client)
    for said in ({}, {"verdict": "correct"}, {"rating": 4}):
        status, body = judge(app, run_id=str(run.pk), answer="42", **said)
        assert (status, body["error"]["param"]) in ((400, "answer"), (400, "verdict"))
    assert not Feedback.objects.exists()
    status, body = judge(app, run_id=str(run.pk), verdict="incorrect", answer="42")
    assert (status, body["answer"]) == (201, "42")
    assert Feedback.objects.get().answer == "42"
