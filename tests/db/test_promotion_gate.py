"""What a candidate must show on replay, and what it is rejected for."""

import json

import pytest
from pytest_django import Settings

from kernels.models import Kernel
from tests.db.promotion_rows import (
    CONVERSION,
    CONVERSIONS,
    LABEL,
    TICKETS,
    consider,
    contract,
    remembers,
    remembers_if_shown,
    tickets,
)
from tests.db.rows import chat, generated, recorded, successes
from trajectories.models import Client, Feedback, Trajectory
from workers.backends.completion import BackendRejected, BackendUnavailable, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.request import AskedContract

pytestmark = pytest.mark.django_db


def test_a_family_that_needs_the_model_is_replayed_with_it(client: Client) -> None:
    family = tickets(client)
    backend = ScriptedBackend([remembers_if_shown] * 60)
    version = consider(family[0], backend)
    assert version is not None
    assert (version.state, version.evidence["replay"]["agreed"]) == ("candidate", 6)
    assert version.evidence["replay"]["recipe"] == "two examples only"  # as right as four
    assert version.evidence["mutation"]["by_kind"]["another input's answer"] == [0, 8]
    assert version.mutation_score == 0.5  # the schema refuses all other kinds
    for request in backend.requests:
        assert request.schema is not None
        shown = [message["content"] for message in request.messages]
        assert shown.count(shown[-1]) == 1  # never its own example


def test_of_recipes_that_are_as_often_right_the_shortest_is_kept(client: Client) -> None:
    version = consider(tickets(client)[0], ScriptedBackend([remembers] * 60))
    assert version is not None
    assert version.evidence["replay"]["recipe"] == "the prompt alone"
    assert version.spec["steps"][-1]["shots"] == 0


def test_the_recipe_with_the_system_prompt_wins_only_if_it_agrees_more(client: Client) -> None:
    system = {"role": "system", "content": "You sort tickets."}

    def knows_when_told(request: ModelRequest) -> str:
        told = request.messages[0]["role"] == "system"
        return remembers(request) if told else '{"label": "wish"}'

    family = [
        recorded(
            client,
            chat(p, messages=(system, {"role": "user", "content": p}), response_format=LABEL),
            generated(output),
        )
        for p, output in TICKETS
    ]
    Trajectory.objects.update(reward=0.8)
    version = consider(family[0], ScriptedBackend([knows_when_told] * 60))
    assert version is not None
    assert version.evidence["replay"]["recipe"] == "system prompt and examples"
    assert version.spec["steps"][-1]["instruction"] == "You sort tickets."


def test_a_failing_gate_rejects_with_a_reason(client: Client) -> None:
    family = tickets(client)
    version = consider(family[0], ScriptedBackend(["no JSON"] * 60))
    assert version is not None
    assert version.state == "rejected"
    assert version.decision_reason.startswith("regression gate: replay accepted by the contract")
    assert not version.evidence["gate"]["passed"]
    assert consider(family[0]) is None


def test_a_kernel_that_costs_as_much_is_no_better(client: Client) -> None:
    family = tickets(client, tokens=12)
    version = consider(family[0], ScriptedBackend([remembers] * 60))
    assert version is not None
    assert version.state == "rejected"
    assert "better than what answered before: right before: 6 of 6, now: 6" in (
        version.decision_reason
    )


def test_a_kernel_that_is_right_less_often_is_no_better(client: Client) -> None:
    wrong_once = {**dict(TICKETS), TICKETS[0][0]: {"label": "wish"}}

    def errs(request: ModelRequest) -> str:
        return json.dumps(wrong_once[request.messages[-1]["content"]])

    version = consider(tickets(client)[0], ScriptedBackend([errs] * 60))
    assert version is not None
    assert version.state == "rejected"
    assert "right before: 6 of 6, now: 5" in version.decision_reason


def test_prompts_that_failed_before_count_for_a_kernel_that_masters_them(client: Client) -> None:
    """It costs more than the generation that it replaces, and is right where that was not."""
    checked = contract("output.label in ['bug', 'wish']")
    family = tickets(client, tokens=40, contract=checked)
    failed = (
        "Is this support ticket a bug report or a feature wish? Ticket: the app freezes at noon"
    )
    request = chat(failed, response_format=LABEL, contract=checked)
    recorded(client, request, generated({"label": "?"}, verified=False))
    known = {**dict(TICKETS), failed: {"label": "bug"}}

    def masters(request: ModelRequest) -> str:
        return json.dumps(known[request.messages[-1]["content"]])

    version = consider(family[0], ScriptedBackend([masters] * 60))
    assert version is not None
    assert version.state == "candidate", version.decision_reason
    replay = version.evidence["replay"]
    assert (replay["failed"], replay["won"]) == (1, 1)


@pytest.mark.parametrize(("now", "state"), [("wish", "candidate"), ("bug", "rejected")])
def test_denied_answers_that_change_can_only_be_for_the_better(
    client: Client, now: str, state: str
) -> None:
    """It costs more, and nobody can tell whether it is right where people said no: they decide."""
    family = tickets(client, tokens=12)
    denied = (
        "Is this support ticket a bug report or a feature wish? Ticket: the app could be quicker"
    )
    told = recorded(client, chat(denied, response_format=LABEL), generated({"label": "bug"}))
    Feedback.objects.create(client=client, trajectory=told, verdict="incorrect")
    known = {**dict(TICKETS), denied: {"label": now}}

    def answers(request: ModelRequest) -> str:
        return json.dumps(known[request.messages[-1]["content"]])

    version = consider(family[0], ScriptedBackend([answers] * 60))
    assert version is not None
    assert version.state == state, version.decision_reason
    compared = next(
        check
        for check in version.evidence["gate"]["checks"]
        if check["name"] == "better than what answered before"
    )
    assert compared["passed"] is (None if state == "candidate" else False)
    assert f"denied answers that change: {int(now == 'wish')} of 1" in compared["detail"]


def test_low_confidence_rejects(client: Client, settings: Settings) -> None:
    settings.KW_PROMOTE_MIN_CONFIDENCE = 0.99
    version = consider(successes(client, CONVERSIONS, response_format=CONVERSION)[0])
    assert version is not None
    assert "compile confidence" in version.decision_reason


def test_a_judge_that_the_app_asked_for_is_asked_on_replay(client: Client) -> None:
    asked = AskedContract.model_validate(
        {"conditions": [{"kind": "judge", "question": "Is the label right?"}]}
    )

    def model(request: ModelRequest) -> str:
        if "verdict" in (request.schema or {}).get("properties", {}):
            return '{"reason": "it is", "verdict": "yes"}'
        return remembers(request)

    family = tickets(client, contract=asked)
    version = consider(family[0], ScriptedBackend([model] * 60))
    assert version is not None
    assert version.state == "candidate", version.decision_reason


def test_a_judge_that_cannot_be_reached_is_waited_for(client: Client) -> None:
    asked = AskedContract.model_validate(
        {"conditions": [{"kind": "judge", "question": "Is the label right?"}]}
    )

    def model(request: ModelRequest) -> str:
        if "verdict" in (request.schema or {}).get("properties", {}):
            raise BackendUnavailable()
        return remembers(request)

    family = tickets(client, contract=asked)
    with pytest.raises(BackendUnavailable):
        consider(family[0], ScriptedBackend([model] * 60))
    assert Kernel.objects.count() == 0


def test_a_prompt_that_the_model_server_refuses_counts_as_failed(client: Client) -> None:
    family = tickets(client)
    version = consider(family[0], ScriptedBackend([BackendRejected("too long")] * 60))
    assert version is not None
    assert version.state == "rejected"
    assert version.evidence["replay"]["accepted"] == 0


def test_a_text_kernel_leaves_the_conditions_to_the_requests_that_send_them(
    client: Client,
) -> None:
    texts = [
        (f"Echo the number {n}.", n)
        for n in ("one", "two", "three", "four", "five", "six", "ten", "eleven")
    ]
    family = [
        recorded(
            client,
            chat(prompt, contract=contract("size(output) > 2")),
            generated(None, text=word),
        )
        for prompt, word in texts
    ]
    Trajectory.objects.update(reward=0.8)

    def echoes(request: ModelRequest) -> str:
        return json.dumps({"answer": dict(texts)[request.messages[-1]["content"]]})

    version = consider(family[0], ScriptedBackend([echoes] * 60))
    assert version is not None
    assert (version.state, version.decision_reason) == ("candidate", "")
    assert version.spec["render"] == "answer"
    assert not any(
        "size(output)" in c.get("expression", "") for c in version.spec["postconditions"]
    )


def test_evidence_that_a_kernel_run_observes_is_accepted(client: Client) -> None:
    asked = AskedContract.model_validate({"conditions": [{"kind": "evidence", "event": "message"}]})
    family = successes(client, CONVERSIONS, response_format=CONVERSION, contract=asked)
    version = consider(family[0])
    assert version is not None
    assert (version.state, version.decision_reason) == ("candidate", "")


def test_prompts_that_it_is_not_ready_for_are_left_to_what_answered_before(client: Client) -> None:
    """One prompt says it in another way, and a kernel that was compiled without it leaves it."""
    family = successes(
        client,
        [*CONVERSIONS, ("Please convert 9 km into m for me!", {"value": 9000, "unit": "m"})],
        response_format=CONVERSION,
    )
    version = consider(family[-1])
    assert version is not None
    assert version.state == "candidate", version.decision_reason
    replay = version.evidence["replay"]
    assert (replay["left"], replay["agreed"]) == (1, 5)
    assert replay["kernel_tokens"] == 40
