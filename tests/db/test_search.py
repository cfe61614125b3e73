"""Requests that are answered by search: through the worker, into rows, out over HTTP."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from tests.db.rows import chat, queued_run
from tests.db.scripted_search import backend
from training.models import RouterOutcome, StepExample
from training.policy.material import routed_to
from trajectories.access import issue_key
from trajectories.models import Client, Feedback, Run, SearchRecord, Trajectory
from workers.backends.completion import BackendUnavailable, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.cancelling import cancel_run
from workers.request import AskedContract, ChatRequest
from workers.search.options import SearchOptions
from workers.searches.records import records
from workers.tasks.answering import answer_run

__all__ = ["backend"]
pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = "What is 17 + 25?"
RIGHT, WRONG = "17 + 25 = 42\n\nAnswer: 42", "17 + 25 = 43\n\nAnswer: 43"


def asked(prompt: str = PROMPT, **search: Any) -> ChatRequest:
    return chat(prompt, max_tokens=100, search=SearchOptions(**search))


def answered(client: Client, request: ChatRequest) -> Run:
    run = queued_run(client, request)
    answer_run(str(run.pk))
    run.refresh_from_db()
    return run


def test_the_first_verified_answer_is_given_and_recorded_with_its_tree(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue(WRONG, RIGHT)
    run = answered(client, asked(strategy="best_of_n_verifier"))
    assert run.response is not None, run.error
    told = run.response["kernelweave"]
    assert (told["route"], told["verified"], run.response["content"]) == ("search", True, RIGHT)
    assert told["search"]["worker"] == "math"
    assert (told["search"]["simulations"], told["search"]["answer"]) == (2, "42")
    record = SearchRecord.objects.get()
    assert record.trajectory == Trajectory.objects.get(route="search")
    assert (record.outcome, record.stopped, record.gate_passed) == ("ok", "accepted", True)
    steps = [child["step"] for child in record.trees()["math"]["children"]]
    assert steps == ["17 + 25 = 43", "17 + 25 = 42"]


def test_a_finished_search_teaches_the_router_and_the_reward_model(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue(WRONG, RIGHT)
    answered(client, asked(strategy="best_of_n_verifier"))
    outcome = RouterOutcome.objects.get()
    assert (outcome.worker, outcome.reward, outcome.verified) == ("math", 1.0, True)
    assert (outcome.depth, outcome.simulations) == (2, 2)
    labels = dict(StepExample.objects.values_list("step", "label"))
    assert labels["17 + 25 = 42"] == labels["Answer: 42"] == 1.0
    assert labels["17 + 25 = 43"] == pytest.approx(0.125, abs=0.13)


def test_what_comes_to_no_answer_labels_no_step(client: Client, backend: ScriptedBackend) -> None:
    """Its steps may be right: it was cut off, and no verifier saw it."""
    backend.enqueue("17 + 25 = 42", "\n", "17 + 20 = 37", "\n")
    answered(client, asked(strategy="self_consistency", simulations=2))
    assert not StepExample.objects.exists()
    outcome = RouterOutcome.objects.get()
    assert (outcome.reward, outcome.verified) == (0.0, None)


def test_the_gate_is_no_figure_where_nobody_could_judge(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("Tom has some apples.\n\nAnswer: seven")
    request = asked("How many has Tom?", worker="math", strategy="one_chain")
    run = answered(client, request)
    assert run.response is not None, run.error
    assert run.response["kernelweave"]["search"]["gate"] is None
    assert SearchRecord.objects.get().gate_first is None


def test_of_a_team_the_one_that_was_routed_to_is_compared_on(
    client: Client, backend: ScriptedBackend, settings: Settings
) -> None:
    settings.KW_SEARCH_SURE = 1.0  # nobody is: a relative helps
    backend.enqueue(*[WRONG] * 4, *[RIGHT] * 8)
    answered(client, asked(strategy="one_chain"))
    record = SearchRecord.objects.get()
    rows = RouterOutcome.objects.order_by("pk")
    assert len(record.trees()) > 1
    assert rows[0].worker == max(record.probabilities, key=record.probabilities.__getitem__)
    assert {row.worker for row in rows} == {rows[0].worker, record.worker}
    held = {row.pk for row in routed_to(list(rows))}
    assert held == {rows[0].pk}


def test_the_apps_own_conditions_decide_which_answer_is_right(
    client: Client, backend: ScriptedBackend
) -> None:
    contract = AskedContract.model_validate(
        {"conditions": [{"kind": "regex", "pattern": "(?s).*blue.*"}]}
    )
    backend.enqueue("A red bird sings.", "A blue bird sings.")
    request = asked("Write a line about a bird.", worker="creative", strategy="best_of_n_verifier")
    run = answered(client, request.model_copy(update={"contract": contract}))
    assert run.response is not None, run.error
    assert run.response["content"] == "A blue bird sings."
    assert run.response["kernelweave"]["verified"] is True


def test_reflections_name_what_was_wrong(client: Client, backend: ScriptedBackend) -> None:
    backend.enqueue(*[WRONG] * 2, *[RIGHT] * 3)
    run = answered(client, asked(strategy="lats", simulations=2))
    assert run.response is not None, run.error
    gate = run.response["kernelweave"]["search"]["gate"]
    assert (gate["first"], gate["passed"], len(gate["reflections"])) == (False, True, 1)
    assert "17 + 25" in gate["reflections"][0]
    last = backend.requests[-1].messages[-1]["content"]
    assert "An earlier attempt went wrong" in last


def test_a_bare_question_gets_one_plain_answer_until_more_is_known_to_pay(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("42")
    run = answered(client, chat(PROMPT))
    assert run.response is not None, run.error
    assert run.response["kernelweave"]["route"] == "generation"
    assert [message["role"] for message in backend.requests[0].messages] == ["user"]


def test_what_pays_is_known_from_verdicts_and_from_people(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue(RIGHT, WRONG, RIGHT)
    runs = [answered(client, asked(strategy="one_chain")) for _ in range(3)]
    (known,) = records()["math"]
    assert (known.strategy, known.judged, known.right) == ("one_chain", 3, 2.0)
    trajectory = Trajectory.objects.get(run=runs[0])
    Feedback.objects.create(client=client, trajectory=trajectory, verdict="incorrect")
    (known,) = records()["math"]
    assert (known.judged, known.right) == (3, 1.0)


def test_where_a_strategy_pays_a_bare_question_gets_it(
    client: Client, backend: ScriptedBackend, settings: Settings
) -> None:
    settings.KW_SEARCH_MIN_JUDGED = 4
    backend.enqueue(*[WRONG] * 4)
    for _ in range(4):
        answered(client, asked(strategy="one_chain"))
    for _ in range(12):
        backend.enqueue(WRONG, RIGHT)
        answered(client, asked(strategy="best_of_n_verifier"))
    settings.KW_SEARCH_EXPLORE = 1.0  # nothing is tried on who asked for no search
    backend.enqueue(WRONG, RIGHT)
    run = answered(client, chat(PROMPT, max_tokens=100))
    assert run.response is not None, run.error
    assert run.response["kernelweave"]["search"]["strategy"] == "best_of_n_verifier"


def test_a_model_server_that_is_away_fails_the_run(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue(BackendUnavailable("down"))
    run = answered(client, asked(strategy="self_consistency"))
    assert run.error is not None
    assert (run.status, run.error["code"]) == ("failed", "model_server_unavailable")
    assert not SearchRecord.objects.exists()


def test_a_cancelled_run_stops_and_leaves_nothing(client: Client, backend: ScriptedBackend) -> None:
    backend.delay_s = 0.02  # a token
    run = queued_run(client, asked(strategy="self_consistency", simulations=20))

    def cancel(_: ModelRequest) -> str:
        cancel_run(client=client, run_id=run.pk)
        return WRONG

    backend.enqueue(WRONG, cancel, *[WRONG] * 30)
    answer_run(str(run.pk))
    run.refresh_from_db()
    assert run.error is not None
    assert (run.status, run.error["code"]) == ("cancelled", "run_cancelled")
    assert len(backend.requests) < 20
    assert not Trajectory.objects.exists()


def post(app: Browser, path: str, body: Any) -> Any:
    return app.post(path, json.dumps(body), content_type="application/json")


def test_the_tree_is_shown_to_its_own_client(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue(RIGHT)
    run = answered(client, asked(strategy="one_chain"))
    shown = app.get(f"/api/runs/{run.pk}/tree").json()
    assert (shown["worker"], shown["strategy"]) == ("math", "one_chain")
    assert shown["trees"]["math"]["children"][0]["step"] == "17 + 25 = 42"
    other = Client.objects.create(name="other")
    stranger = Browser(headers={"authorization": f"Bearer {issue_key(client=other, label='t')[1]}"})
    assert stranger.get(f"/api/runs/{run.pk}/tree").status_code == 404


def test_a_run_without_a_search_has_no_tree(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("Hello")
    run = answered(client, chat("Say hello"))
    reply = app.get(f"/api/runs/{run.pk}/tree")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "no_search")


def test_a_run_is_cancelled_over_http_once(app: Browser, client: Client) -> None:
    run = queued_run(client, asked())
    reply = app.post(f"/api/runs/{run.pk}/cancel")
    assert (reply.status_code, reply.json()["status"]) == (200, "cancelled")
    again = app.post(f"/api/runs/{run.pk}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "run_finished")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"kernelweave": {"search": {"worker": "poetry"}}}, "kernelweave.search.worker"),
        ({"kernelweave": {"search": {"strategy": "luck"}}}, "kernelweave.search.strategy"),
        ({"kernelweave": {"search": {"budget_tokens": 3}}}, "kernelweave.search.budget_tokens"),
        ({"kernelweave": {"search": {"budget_tokens": "100"}}}, "kernelweave.search.budget_tokens"),
        ({"kernelweave": {"search": {"gate": "0.5"}}}, "kernelweave.search.gate"),
        ({"kernelweave": {"search": {"tests": "x = 1"}}}, "kernelweave.search.tests"),
        ({"kernelweave": {"search": {"tests": "# nothing"}}}, "kernelweave.search.tests"),
        ({"kernelweave": {"search": {"tests": "assert f("}}}, "kernelweave.search.tests"),
        (
            {"kernelweave": {"search": {}}, "response_format": {"type": "json_object"}},
            "kernelweave.search",
        ),
    ],
)
def test_a_search_that_cannot_be_made_is_refused(
    app: Browser, change: dict[str, Any], param: str
) -> None:
    body = {"model": "kernelweave", "messages": [{"role": "user", "content": PROMPT}], **change}
    reply = post(app, "/v1/chat/completions", body)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)
    assert not Run.objects.exists()


def test_the_admin_shows_each_step_of_a_search(
    admin_client: Browser, client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue(WRONG.replace("43", "<b>43</b>"), WRONG, RIGHT)
    answered(client, asked(strategy="best_of_n_verifier"))
    listed = admin_client.get("/admin/trajectories/searchrecord/").content.decode()
    assert PROMPT in listed
    record = SearchRecord.objects.get()
    page = admin_client.get(f"/admin/trajectories/searchrecord/{record.pk}/change/")
    shown = page.content.decode()
    assert page.status_code == 200
    for step in ("17 + 25 = 42", "17 + 25 = 43", "17 + 25 = &lt;b&gt;43"):
        assert step in shown
    assert "<b>43</b>" not in shown
