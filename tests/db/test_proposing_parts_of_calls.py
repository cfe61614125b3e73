"""Kernels that were made for two apps' calls are proposed for a call that holds both."""

from typing import Any

import pytest

from kernels.algebra.plan import Composition as Plan
from kernels.compositions import check
from kernels.decision import RouteDecision
from kernels.library.reading import starters
from kernels.models import KernelVersion
from kernels.registry import propose_version
from kernels.spec import digest_of
from kwsite.demo.family import closed_object
from tests.db.rows import chat, schema_format
from tests.db.test_routing import library
from trajectories.models import Client
from workers.intake import plan

__all__ = ["library"]
pytestmark = pytest.mark.django_db

SYSTEMS = {"extract-emails": "You find addresses.", "extract-dates": "You find dates."}
FIRST = "Extract all email addresses from this text: write to ann@a.org or bob@b.org."
SECOND = "Extract all dates from this text: we met on 2024-03-01 and on 2024-04-01."
BOTH = f"{FIRST}\n\nAlso: {SECOND}"


@pytest.fixture
def schemas(client: Client) -> dict[str, Any]:
    """The output schemas of two starters, made anew for two calls of an app."""
    found = {}
    for starter in starters():
        if system := SYSTEMS.get(starter.spec.name):
            own = {"system_digest": digest_of(system), "schema_asked": True}
            propose_version(
                spec=starter.spec.model_copy(update=own | {"name": f"app-{starter.spec.name}"}),
                samples=starter.examples,
                client=client,
                confidence=0.95,
                evidence={},
                state=KernelVersion.State.LIVE,
            )
            found[starter.spec.name] = starter.spec.output_schema
    return found


def planned(client: Client, schema: dict[str, Any], systems: tuple[str, ...]) -> RouteDecision:
    messages = [{"role": "system", "content": system} for system in systems]
    request = chat(
        BOTH,
        messages=(*messages, {"role": "user", "content": BOTH}),
        response_format=schema_format(schema),
    )
    return plan(client=client, request=request)


def both(schemas: dict[str, Any]) -> dict[str, Any]:
    """The object of two objects; in another order than the prompt asks for them."""
    return closed_object(dates=schemas["extract-dates"], emails=schemas["extract-emails"])


def test_each_part_gives_the_property_whose_schema_its_kernel_has(
    client: Client, schemas: dict[str, Any]
) -> None:
    systems = (*SYSTEMS.values(), "Answer in JSON with one property for each.")
    proposal = planned(client, both(schemas), systems).proposal
    assert proposal is not None
    assert proposal.input == {"first": FIRST, "second": SECOND}
    told = proposal.as_json()
    assert [(part["kernel"], part["property"]) for part in told["parts"]] == [
        ("app-extract-emails", "emails"),
        ("app-extract-dates", "dates"),
    ]
    given = check(Plan.model_validate(proposal.composition), client).report.output_schema
    assert isinstance(given, dict)
    assert set(given["properties"]) == {"emails", "dates"}


@pytest.mark.parametrize("systems", [("You find addresses.",), ("You find both.",)])
def test_without_the_system_prompts_of_both_there_is_no_proposal(
    client: Client, schemas: dict[str, Any], systems: tuple[str, ...]
) -> None:
    assert planned(client, both(schemas), systems).proposal is None


def test_with_another_schema_of_a_part_there_is_no_proposal(
    client: Client, schemas: dict[str, Any]
) -> None:
    other = closed_object(dates=schemas["extract-dates"], emails=closed_object(n={}))
    assert planned(client, other, tuple(SYSTEMS.values())).proposal is None


def test_an_object_that_may_hold_more_is_not_what_two_kernels_give(
    client: Client, schemas: dict[str, Any]
) -> None:
    open_ended = both(schemas) | {"additionalProperties": True}
    assert planned(client, open_ended, tuple(SYSTEMS.values())).proposal is None
