"""Repeated, verified successes become a candidate; others do not."""

import json
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from kernels.models import Exemplar, Kernel, KernelVersion
from tests.db.rows import chat, generated, recorded, schema_format, successes
from trajectories.models import Client, Feedback, Trajectory
from workers.backends.completion import BackendRejected, BackendUnavailable, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.promotion import consider_promotion, promotable
from workers.replies import asker
from workers.request import AskedContract

pytestmark = pytest.mark.django_db

CONVERSION = schema_format(
    {
        "type": "object",
        "properties": {"value": {"type": "number"}, "unit": {"type": "string"}},
        "required": ["value", "unit"],
        "additionalProperties": False,
    }
)
LABEL = schema_format(
    {
        "type": "object",
        "properties": {"label": {"enum": ["bug", "wish"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
)
CONVERSIONS = [
    (f"Convert {n} km to m.", {"value": n * 1000, "unit": "m"}) for n in (1, 2, 3.5, 12, 40)
]
TICKETS = [
    (
        "Is this support ticket a bug report or a feature wish? Ticket: the app crashes on start",
        {"label": "bug"},
    ),
    (
        "Is this support ticket a bug report or a feature wish? Ticket: please add a dark mode",
        {"label": "wish"},
    ),
    (
        "Is this support ticket a bug report or a feature wish? Ticket: the app hangs on login",
        {"label": "bug"},
    ),
    (
        "Is this support ticket a bug report or a feature wish? Ticket: I would like an export",
        {"label": "wish"},
    ),
    (
        "Is this support ticket a bug report or a feature wish? Ticket: the app loses my data",
        {"label": "bug"},
    ),
]


@pytest.fixture
def client() -> Client:
    return Client.objects.create(name="app")


def consider(seed: Trajectory, backend: ScriptedBackend | None = None) -> KernelVersion | None:
    return consider_promotion(trajectory_id=str(seed.pk), ask=asker(backend or ScriptedBackend()))


def tickets(client: Client, tokens: int = 200, **request: Any) -> list[Trajectory]:
    """Sorted tickets, each of which cost so many tokens in all."""
    family = successes(client, TICKETS, response_format=LABEL, **request)
    Trajectory.objects.update(prompt_tokens=tokens - 10)
    return family


def remembers(request: ModelRequest) -> str:
    """What a model answers that knows the tickets."""
    return json.dumps(dict(TICKETS)[request.messages[-1]["content"]])


def test_repeated_successes_become_a_candidate(client: Client) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    backend = ScriptedBackend()
    version = consider(family[0], backend)
    assert version is not None
    assert version.state == "candidate"
    assert version.kernel.client == client
    assert set(version.sources.all()) == set(family)
    assert Exemplar.objects.filter(version=version, live=False).count() == len(family)
    assert version.evidence["gate"]["passed"]
    assert version.evidence["replay"] == {
        "recipe": "computed",
        "prompts": 4,
        "accepted": 4,
        "agreed": 4,
        "failed": 0,
        "won": 0,
        "kernel_tokens": 0,
        "original_tokens": 160,
        "denied": 0,
        "changed": 0,
    }
    assert version.confidence == version.evidence["confidence"]["total"]
    assert version.mutation_score == 1.0
    assert backend.requests == []


def test_a_family_that_needs_the_model_is_replayed_with_it(client: Client) -> None:
    family = tickets(client)
    backend = ScriptedBackend([remembers] * 20)
    version = consider(family[0], backend)
    assert version is not None
    assert (version.state, version.evidence["replay"]["agreed"]) == ("candidate", 4)
    assert version.evidence["replay"]["recipe"] == "two examples only"  # the fewest tokens
    assert version.evidence["mutation"]["by_kind"]["another input's answer"] == [0, 5]
    assert version.mutation_score == 0.75  # three of four kinds: the schema refuses the rest
    for request in backend.requests:
        assert request.schema is not None
        shown = [message["content"] for message in request.messages]
        assert shown.count(shown[-1]) == 1  # never its own example


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
    version = consider(family[0], ScriptedBackend([knows_when_told] * 20))
    assert version is not None
    assert version.evidence["replay"]["recipe"] == "system prompt and examples"
    assert version.spec["steps"][-1]["instruction"] == "You sort tickets."


def test_too_few_successes_wait(client: Client) -> None:
    family = successes(client, CONVERSIONS[:4], response_format=CONVERSION)
    assert consider(family[0]) is None
    assert Kernel.objects.count() == 0


def test_a_second_consideration_proposes_nothing(client: Client) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    assert consider(family[0]) is not None
    assert consider(family[0]) is None
    assert consider(family[1]) is None
    more = [(f"Convert {n} km to m.", {"value": n * 1000, "unit": "m"}) for n in range(60, 66)]
    assert consider(successes(client, more, response_format=CONVERSION)[0]) is None
    assert KernelVersion.objects.count() == 1


def test_only_what_is_alike_is_a_family(client: Client) -> None:
    family = successes(client, CONVERSIONS[:4], response_format=CONVERSION)
    successes(client, [("Who painted it?", {"value": 1, "unit": "m"})], response_format=CONVERSION)
    successes(client, [CONVERSIONS[4]])
    successes(Client.objects.create(name="other"), CONVERSIONS, response_format=CONVERSION)
    assert consider(family[0]) is None


@pytest.mark.parametrize("said", [{"verdict": "incorrect"}, {"rating": 2}])
def test_disliked_ones_are_not_used(client: Client, said: dict[str, Any]) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    Feedback.objects.create(client=client, trajectory=family[4], **said)
    assert consider(family[4]) is None
    assert consider(family[0]) is None
    family += successes(
        client, [("Convert 7 km to m.", {"value": 7000, "unit": "m"})], response_format=CONVERSION
    )
    version = consider(family[0])
    assert version is not None
    assert family[4] not in version.sources.all()


@pytest.mark.parametrize(
    "fields",
    [
        {"verified": False},
        {"verified": None},
        {"reward": 0.3},
        {"reward": None},
        {"plain": False},
        {"route": "kernel"},
    ],
)
def test_what_is_no_plain_verified_success_is_not_used(
    client: Client, fields: dict[str, Any]
) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    Trajectory.objects.filter(pk=family[4].pk).update(**fields)
    assert promotable().count() == 4


@pytest.mark.parametrize("said", [{"verdict": "correct"}, {"rating": 4}])
def test_praise_stands_in_for_a_check_that_was_not_asked_for(
    client: Client, said: dict[str, Any]
) -> None:
    (one,) = successes(client, CONVERSIONS[:1])
    Trajectory.objects.update(verified=None)
    assert not promotable().exists()
    Feedback.objects.create(client=client, trajectory=one, **said)
    assert promotable().exists()


def test_a_failing_gate_rejects_with_a_reason(client: Client) -> None:
    family = tickets(client)
    version = consider(family[0], ScriptedBackend(["no JSON"] * 20))
    assert version is not None
    assert version.state == "rejected"
    assert version.decision_reason.startswith("regression gate: replay accepted by the contract")
    assert not version.evidence["gate"]["passed"]
    assert consider(family[0]) is None


def test_a_kernel_that_costs_as_much_is_no_better(client: Client) -> None:
    family = tickets(client, tokens=40)
    version = consider(family[0], ScriptedBackend([remembers] * 20))
    assert version is not None
    assert version.state == "rejected"
    assert "better than what answered before: right before: 4 of 4, now: 4" in (
        version.decision_reason
    )


def test_a_kernel_that_is_right_less_often_is_no_better(client: Client) -> None:
    wrong_once = {**dict(TICKETS), TICKETS[0][0]: {"label": "wish"}}

    def errs(request: ModelRequest) -> str:
        return json.dumps(wrong_once[request.messages[-1]["content"]])

    version = consider(tickets(client)[0], ScriptedBackend([errs] * 20))
    assert version is not None
    assert version.state == "rejected"
    assert "right before: 4 of 4, now: 3" in version.decision_reason


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

    version = consider(family[0], ScriptedBackend([masters] * 40))
    assert version is not None
    assert version.state == "candidate", version.decision_reason
    replay = version.evidence["replay"]
    assert (replay["failed"], replay["won"]) == (1, 1)


@pytest.mark.parametrize(("now", "state"), [("wish", "candidate"), ("bug", "rejected")])
def test_denied_answers_that_change_can_only_be_for_the_better(
    client: Client, now: str, state: str
) -> None:
    """It costs more, and nobody can tell whether it is right where people said no: they decide."""
    family = tickets(client, tokens=40)
    denied = (
        "Is this support ticket a bug report or a feature wish? Ticket: the app could be quicker"
    )
    told = recorded(client, chat(denied, response_format=LABEL), generated({"label": "bug"}))
    Feedback.objects.create(client=client, trajectory=told, verdict="incorrect")
    known = {**dict(TICKETS), denied: {"label": now}}

    def answers(request: ModelRequest) -> str:
        return json.dumps(known[request.messages[-1]["content"]])

    version = consider(family[0], ScriptedBackend([answers] * 40))
    assert version is not None
    assert version.state == state, version.decision_reason
    compared = next(
        check
        for check in version.evidence["gate"]["checks"]
        if check["name"] == "better than what answered before"
    )
    assert compared["passed"] is (None if state == "candidate" else False)
    assert f"denied answers that change: {int(now == 'wish')} of 1" in compared["detail"]


def test_what_was_rejected_is_tried_again_with_as_many_new_successes(client: Client) -> None:
    family = tickets(client)
    assert consider(family[0], ScriptedBackend(["no JSON"] * 20)) is not None
    more = [(f"{prompt} again", output) for prompt, output in TICKETS]
    for prompt, output in more[:4]:
        recorded(client, chat(prompt, response_format=LABEL), generated(output))
    Trajectory.objects.update(reward=0.8, prompt_tokens=190)
    newest = Trajectory.objects.order_by("-created_at")[0]
    assert consider(newest) is None
    last = recorded(client, chat(more[4][0], response_format=LABEL), generated(more[4][1]))
    Trajectory.objects.filter(pk=last.pk).update(reward=0.8, prompt_tokens=190)
    known = dict([*TICKETS, *more])

    def answers(request: ModelRequest) -> str:
        return json.dumps(known[request.messages[-1]["content"]])

    version = consider(last, ScriptedBackend([answers] * 40))
    assert version is not None
    assert (version.state, version.sources.count()) == ("candidate", 10)


def test_low_confidence_rejects(client: Client, settings: Settings) -> None:
    settings.KW_PROMOTE_MIN_CONFIDENCE = 0.99
    version = consider(successes(client, CONVERSIONS, response_format=CONVERSION)[0])
    assert version is not None
    assert "compile confidence" in version.decision_reason


def test_outputs_without_a_common_form_propose_nothing(client: Client) -> None:
    mixed = [(f"Tell me {n} facts", {f"key{n}": n}) for n in range(5)]
    assert consider(successes(client, mixed)[0]) is None
    assert Kernel.objects.count() == 0


def test_a_model_server_that_is_down_leaves_nothing_behind(client: Client) -> None:
    family = tickets(client)
    with pytest.raises(BackendUnavailable):
        consider(family[0], ScriptedBackend([BackendUnavailable()]))
    assert Kernel.objects.count() == 0
    assert promotable().count() == len(TICKETS)


def test_clients_with_the_same_prompts_have_kernels_of_their_own(client: Client) -> None:
    other = Client.objects.create(name="other")
    first = consider(successes(client, CONVERSIONS, response_format=CONVERSION)[0])
    second = consider(successes(other, CONVERSIONS, response_format=CONVERSION)[0])
    assert first is not None
    assert second is not None
    assert first.kernel != second.kernel
    assert (first.kernel.client, second.kernel.client) == (client, other)


def contract(*expressions: str) -> AskedContract:
    return AskedContract.model_validate(
        {"conditions": [{"kind": "cel", "expression": e} for e in expressions]}
    )


def test_only_conditions_that_every_request_sent_are_taken_over(client: Client) -> None:
    family = [
        recorded(
            client,
            chat(
                prompt,
                response_format=CONVERSION,
                contract=contract("output.unit == 'm'", f"output.value == double({o['value']})"),
            ),
            generated(o),
        )
        for prompt, o in CONVERSIONS
    ]
    Trajectory.objects.update(reward=0.8)
    version = consider(family[0])
    assert version is not None
    assert version.state == "candidate"
    expressions = [condition["expression"] for condition in version.spec["postconditions"]]
    assert "output.unit == 'm'" in expressions
    assert not any("double(1000)" in expression for expression in expressions)


def test_a_judge_that_the_app_asked_for_is_asked_on_replay(client: Client) -> None:
    asked = AskedContract.model_validate(
        {"conditions": [{"kind": "judge", "question": "Is the label right?"}]}
    )

    def model(request: ModelRequest) -> str:
        if "verdict" in (request.schema or {}).get("properties", {}):
            return '{"reason": "it is", "verdict": "yes"}'
        return remembers(request)

    family = tickets(client, contract=asked)
    version = consider(family[0], ScriptedBackend([model] * 40))
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
        consider(family[0], ScriptedBackend([model] * 40))
    assert Kernel.objects.count() == 0


def test_a_prompt_that_the_model_server_refuses_counts_as_failed(client: Client) -> None:
    family = tickets(client)
    version = consider(family[0], ScriptedBackend([BackendRejected("too long")] * 20))
    assert version is not None
    assert version.state == "rejected"
    assert version.evidence["replay"]["accepted"] == 0


def test_a_source_that_is_denied_during_the_replay_ends_the_proposal(client: Client) -> None:
    family = tickets(client)

    def denies(request: ModelRequest) -> str:
        Feedback.objects.create(client=client, trajectory=family[3], verdict="incorrect")
        return remembers(request)

    assert consider(family[0], ScriptedBackend([denies] + [remembers] * 20)) is None
    assert Kernel.objects.count() == 0
    assert promotable().count() == len(TICKETS) - 1


def test_the_model_is_asked_outside_any_transaction(client: Client) -> None:
    family = tickets(client)
    depths = []

    def looks(request: ModelRequest) -> str:
        depths.append(len(connection.savepoint_ids))
        return remembers(request)

    before = len(connection.savepoint_ids)
    assert consider(family[0], ScriptedBackend([looks] * 20)) is not None
    assert set(depths) == {before}


def test_a_text_kernel_leaves_the_conditions_to_the_requests_that_send_them(
    client: Client,
) -> None:
    texts = [(f"Echo the number {n}.", n) for n in ("one", "two", "three", "four", "five")]
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

    version = consider(family[0], ScriptedBackend([echoes] * 20))
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
