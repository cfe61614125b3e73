"""Repeated, verified successes become a candidate; others do not."""

import json
from typing import Any

import pytest
from django.db import connection

from kernels.models import Exemplar, Kernel, KernelVersion
from tests.db.promotion_rows import (
    CONVERSION,
    CONVERSIONS,
    LABEL,
    SORT,
    TICKETS,
    consider,
    contract,
    remembers,
    tickets,
)
from tests.db.rows import chat, generated, recorded, successes
from trajectories.models import Client, Event, Feedback, Trajectory
from workers.backends.completion import BackendUnavailable, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.family_search import promotable

pytestmark = pytest.mark.django_db


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
        "prompts": 6,
        "accepted": 6,
        "agreed": 6,
        "failed": 0,
        "won": 0,
        "kernel_tokens": 0,
        "original_tokens": 240,
        "denied": 0,
        "changed": 0,
        "left": 0,
    }
    assert version.confidence == version.evidence["confidence"]["total"]
    assert version.mutation_score == 1.0
    assert backend.requests == []


def test_too_few_successes_wait(client: Client) -> None:
    family = successes(client, CONVERSIONS[:7], response_format=CONVERSION)
    assert consider(family[0]) is None
    assert Kernel.objects.count() == 0


def test_one_prompt_many_times_is_one_success(client: Client) -> None:
    again = [*CONVERSIONS[:7], *CONVERSIONS[:7]]
    family = successes(client, again, response_format=CONVERSION)
    assert consider(family[-1]) is None
    family += successes(client, CONVERSIONS[7:], response_format=CONVERSION)
    version = consider(family[10])
    assert version is not None
    assert {one.prompt for one in version.sources.all()} == {p for p, _ in CONVERSIONS}
    assert version.sources.count() == 8
    assert version.sources.filter(pk=family[10].pk).exists()
    assert consider(family[3]) is None  # its prompt has a kernel


def test_prompts_of_what_was_rejected_are_not_new_when_they_come_again(client: Client) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    assert consider(family[0]) is not None
    KernelVersion.objects.update(state="rejected")
    assert consider(successes(client, CONVERSIONS, response_format=CONVERSION)[0]) is None


def test_what_a_quarantined_version_says_already_is_not_proposed_again(client: Client) -> None:
    assert consider(successes(client, CONVERSIONS, response_format=CONVERSION)[0]) is not None
    KernelVersion.objects.update(state="quarantined")
    more = successes(client, CONVERSIONS, response_format=CONVERSION)
    assert consider(more[0]) is None
    assert KernelVersion.objects.count() == 1


def test_a_second_consideration_proposes_nothing(client: Client) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    assert consider(family[0]) is not None
    assert consider(family[0]) is None
    assert consider(family[1]) is None
    more = [(f"Convert {n} km to m.", {"value": n * 1000, "unit": "m"}) for n in range(60, 69)]
    assert consider(successes(client, more, response_format=CONVERSION)[0]) is None
    assert KernelVersion.objects.count() == 1


def test_only_what_is_alike_is_a_family(client: Client) -> None:
    family = successes(client, CONVERSIONS[:7], response_format=CONVERSION)
    successes(client, [("Who painted it?", {"value": 1, "unit": "m"})], response_format=CONVERSION)
    successes(client, [CONVERSIONS[7]])
    successes(Client.objects.create(name="other"), CONVERSIONS, response_format=CONVERSION)
    assert consider(family[0]) is None


@pytest.mark.parametrize("said", [{"verdict": "incorrect"}, {"rating": 2}])
def test_disliked_ones_are_not_used(client: Client, said: dict[str, Any]) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    Feedback.objects.create(client=client, trajectory=family[4], **said)
    assert consider(family[4]) is None
    assert consider(family[0]) is None
    family += successes(
        client, [("Convert 9 km to m.", {"value": 9000, "unit": "m"})], response_format=CONVERSION
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
    assert promotable().count() == 7


@pytest.mark.parametrize("said", [{"verdict": "correct"}, {"rating": 4}])
def test_praise_stands_in_for_a_check_that_was_not_asked_for(
    client: Client, said: dict[str, Any]
) -> None:
    (one,) = successes(client, CONVERSIONS[:1])
    Trajectory.objects.update(verified=None)
    assert not promotable().exists()
    Feedback.objects.create(client=client, trajectory=one, **said)
    assert promotable().exists()


def test_what_was_rejected_is_tried_again_with_as_many_new_successes(client: Client) -> None:
    family = tickets(client)
    assert consider(family[0], ScriptedBackend(["no JSON"] * 60)) is not None
    said: tuple[str, ...] = (
        "the app freezes",
        "a bigger font, please",
        "the search finds nothing",
        "add a map",
    )
    said += ("the menu is gone", "I want to sort my list", "the upload fails", "show the weather")
    more = [(SORT + text, {"label": ("bug", "wish")[n % 2]}) for n, text in enumerate(said)]
    for prompt, output in more[:7]:
        recorded(client, chat(prompt, response_format=LABEL), generated(output))
    Trajectory.objects.update(reward=0.8, prompt_tokens=390)
    newest = Trajectory.objects.order_by("-created_at")[0]
    assert consider(newest) is None
    last = recorded(client, chat(more[7][0], response_format=LABEL), generated(more[7][1]))
    Trajectory.objects.filter(pk=last.pk).update(reward=0.8, prompt_tokens=390)
    known = dict([*TICKETS, *more])

    def answers(request: ModelRequest) -> str:
        return json.dumps(known[request.messages[-1]["content"]])

    version = consider(last, ScriptedBackend([answers] * 60))
    assert version is not None
    assert (version.state, version.sources.count()) == ("candidate", 16)


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


def test_a_source_that_is_denied_during_the_replay_ends_the_proposal(client: Client) -> None:
    family = tickets(client)

    def denies(request: ModelRequest) -> str:
        Feedback.objects.create(client=client, trajectory=family[3], verdict="incorrect")
        return remembers(request)

    assert consider(family[0], ScriptedBackend([denies] + [remembers] * 60)) is None
    assert Kernel.objects.count() == 0
    assert promotable().count() == len(TICKETS) - 1


def test_the_model_is_asked_outside_any_transaction(client: Client) -> None:
    family = tickets(client)
    depths = []

    def looks(request: ModelRequest) -> str:
        depths.append(len(connection.savepoint_ids))
        return remembers(request)

    before = len(connection.savepoint_ids)
    assert consider(family[0], ScriptedBackend([looks] * 60)) is not None
    assert set(depths) == {before}


def test_of_two_families_with_one_schema_each_has_a_kernel_of_its_own(client: Client) -> None:
    """Prompts that are nearly alike, one after the other: the schema alone does not part them."""
    other = [(f"Convert {n} kg to g.", {"value": n * 1000, "unit": "g"}) for n in range(30, 38)]
    mixed = [pair for both in zip(CONVERSIONS, other, strict=True) for pair in both]
    family = successes(client, mixed, response_format=CONVERSION)
    first, second = consider(family[-1]), consider(family[-2])
    assert first is not None
    assert second is not None
    for version, unit in ((first, "kg"), (second, "km")):
        assert version.state == "candidate", version.decision_reason
        assert {f" {unit} " in source.prompt for source in version.sources.all()} == {True}
        assert version.sources.count() == 8


def test_a_family_is_found_though_the_newest_success_is_of_another(client: Client) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    painted = [("Who painted the ceiling of the chapel?", {"value": 1, "unit": "m"})]
    (stranger,) = successes(client, painted, response_format=CONVERSION)
    version = consider(stranger)
    assert version is not None
    assert set(version.sources.all()) == set(family)


def test_what_was_observed_on_the_way_parts_families(client: Client) -> None:
    family = successes(client, CONVERSIONS, response_format=CONVERSION)
    Event.objects.create(
        trajectory=family[3], sequence=100, kind="evidence", payload={}, at=family[3].created_at
    )
    assert consider(family[0]) is None


def test_short_prompts_that_have_little_in_common_are_one_family(client: Client) -> None:
    """Some are further from each other than half a cosine, which is where a fixed radius ends."""
    said: tuple[str, ...] = (
        "good morning",
        "the train is late",
        "she likes apples",
        "ten red cars",
        "stop",
    )
    said += ("my brother sings", "winter is cold", "he lost his key")
    pairs = [(f"Translate to German: {text}", {"label": "wish"}) for text in said]
    family = successes(client, pairs, response_format=LABEL)
    Trajectory.objects.update(prompt_tokens=390)
    version = consider(family[0], ScriptedBackend(['{"label": "wish"}'] * 60))
    assert version is not None
    assert version.sources.count() == 8
    assert version.spec["templates"] == ["Translate to German: {text1}"]
