"""The router proposes two kernels where one does not answer the whole prompt."""

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings

from kernels.algebra.plan import Composition as Plan
from kernels.composition_review import approve_composition
from kernels.compositions import add_composition, pinned
from kernels.decision import Proposal, RouteDecision
from kernels.encoder import embed_deep
from kernels.library.guards import unguarded
from kernels.library.loading import STARTER_CONFIDENCE
from kernels.library.reading import starters
from kernels.models import Exemplar, KernelVersion
from kernels.proposing import propose_composition
from kernels.registry import propose_version
from kernels.routing import Asked
from kernels.slots import bind
from tests.db.rows import chat
from tests.db.test_routing import library
from trajectories.models import Client
from workers.intake import accept, plan
from workers.stopwatch import Stopwatch

__all__ = ["library"]
pytestmark = pytest.mark.django_db

MATERIAL = "ann@a.org wrote on 2024-03-01 and bob@b.org on 2024-03-05."
BOTH = f"Extract all email addresses and all dates from this text: {MATERIAL}"
PAIR = "extract-emails-and-extract-dates"


@pytest.fixture
def bare() -> None:
    """The kernel for addresses without its guard: it takes requests for more than it gives."""
    starter = next(s for s in starters() if s.spec.name == "extract-emails")
    propose_version(
        spec=unguarded(starter.spec),
        samples=starter.examples,
        client=None,
        confidence=STARTER_CONFIDENCE,
        evidence={},
        state=KernelVersion.State.LIVE,
    )


def planned(client: Client, prompt: str = BOTH, **fields: Any) -> RouteDecision:
    return plan(client=client, request=chat(prompt, **fields))


def proposed(client: Client, decision: RouteDecision, prompt: str = BOTH) -> Proposal | None:
    return propose_composition(
        client=client,
        asked=Asked(bind(prompt), embed_deep(prompt)),
        decision=decision,
        top_k=settings.KW_ROUTE_TOP_K,
        min_pass_rate=settings.KW_KERNEL_MIN_PASS_RATE,
    )


def test_a_kernel_that_answers_a_part_gets_another_beside_it(client: Client, bare: None) -> None:
    decision = planned(client)
    proposal = decision.proposal
    assert proposal is not None
    assert decision.threshold is not None
    first, second = proposal.parts
    assert proposal.probability == first.kernel.probability * second.kernel.probability
    assert proposal.probability >= decision.threshold
    assert "extract-emails alone answers a part" in proposal.reason
    assert proposal.input == {
        "first": f"Extract all email addresses from this text: {MATERIAL}",
        "second": f"Extract all dates from this text: {MATERIAL}",
    }
    told = decision.as_json()["proposal"]
    assert told["composition"]["name"] == PAIR
    assert [part["kernel"] for part in told["parts"]] == ["extract-emails", "extract-dates"]


def test_where_no_kernel_clears_the_bar_two_may(client: Client) -> None:
    missed = replace(planned(client), route="generation", chosen=None)
    proposal = proposed(client, missed)
    assert proposal is not None
    assert proposal.reason.startswith("no single kernel clears the bar; P(both verify) 0.")


def test_both_must_clear_the_same_bar_together(client: Client) -> None:
    decision = planned(client)
    assert decision.proposal is not None
    above = replace(decision, threshold=decision.proposal.probability + 1e-6)
    assert proposed(client, above) is None
    assert proposed(client, replace(decision, threshold=None)) is None


def test_a_proposal_can_be_added_as_it_is(client: Client) -> None:
    proposal = planned(client).proposal
    assert proposal is not None
    document = Plan.model_validate(pinned(proposal.composition, client))
    added = add_composition(plan=document, client=client)
    assert approve_composition(composition=added, user=None).state == "live"


def test_a_kernel_that_answers_a_part_serves_not(client: Client, bare: None) -> None:
    watch = Stopwatch()
    accepted = accept(client=client, request=chat(BOTH), watch=watch).decision
    for decision in (planned(client).as_json(), accepted):
        assert (decision["route"], decision["chosen"]) == ("generation", None)
        assert decision["reason"] == (
            "closest was extract-emails: it answers a part: the prompt asks for extract-dates, too"
        )
        assert decision["candidates"][0]["obstacle"].startswith("it answers a part")
    one = f"Extract all email addresses from this text: {MATERIAL}"
    assert planned(client, one).route == "kernel"


def test_a_kernel_that_was_made_for_both_is_left_alone(client: Client, bare: None) -> None:
    nearest = planned(client).candidates[0].exemplars[0]
    Exemplar.objects.filter(pk=nearest).update(prompt=BOTH)
    decision = planned(client)
    assert decision.route == "kernel"
    assert decision.proposal is None


@pytest.mark.parametrize(
    "prompt",
    [
        f"Extract all email addresses from this text: {MATERIAL}",
        "Write a haiku and a limerick: about rain.",
        f"Extract all email addresses and write a haiku: {MATERIAL}",
    ],
)
def test_most_prompts_get_no_proposal(client: Client, prompt: str) -> None:
    decision = planned(client, prompt)
    assert decision.proposal is None
    assert "proposal" not in decision.as_json()


def test_a_request_for_json_of_its_own_gets_no_proposal(client: Client) -> None:
    schema = {"type": "object", "properties": {"emails": {"type": "array"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "t", "schema": schema}}
    assert planned(client, response_format=wanted).proposal is None


def test_of_two_joined_requests_each_keeps_its_own_text(client: Client) -> None:
    emails = "Extract all email addresses from this text: write to ann@a.org."
    dates = "Extract all dates from this text: we met on 2024-03-01."
    decision = planned(client, f"{emails} Also, {dates[0].lower()}{dates[1:]}")
    assert decision.route == "generation"
    assert decision.proposal is not None
    assert decision.proposal.input == {"first": emails, "second": dates}
    assert [part.kernel.kernel for part in decision.proposal.parts] == PAIR.split("-and-")
