"""The loop on real parts: repeated prompts, a candidate, approval, the kernel, roll back."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import jsonschema_rs
import pytest

from tests.e2e.service_client import Operator, Reply, Service, wait_for
from tests.stack_fixtures import StackProcess

CONVERT = (
    "You convert lengths. Answer in JSON with the number and the unit. Examples: "
    'Convert 2 km to m. {"value": 2000, "unit": "m"} '
    'Convert 5 km to m. {"value": 5000, "unit": "m"} '
    'Convert 3 km to m. {"value": 3000, "unit": "m"}'
)
CONVERSION = {
    "type": "object",
    "properties": {"unit": {"type": "string"}, "value": {"type": "number"}},
    "required": ["unit", "value"],
    "additionalProperties": False,
}
SORT = (
    "You sort support tickets. Say whether the customer reports a bug or wishes for a feature. "
    "Crashes, errors and lost data are bugs. Requests to add something are wishes. Examples:\n"
    'Sort this support ticket: the app loses my drafts {"label": "bug"}\n'
    'Sort this support ticket: please add a dark mode {"label": "wish"}\n'
    'Sort this support ticket: the export stops with an error {"label": "bug"}\n'
    'Sort this support ticket: I would like a calendar view {"label": "wish"}\n'
    'Sort this support ticket: the page stays empty {"label": "bug"}\n'
    'Sort this support ticket: could you support larger files {"label": "wish"}\n'
    'Sort this support ticket: the upload never ends {"label": "bug"}\n'
    'Sort this support ticket: let me choose my own colours {"label": "wish"}'
)
LABEL = {
    "type": "object",
    "properties": {"label": {"enum": ["bug", "wish"]}},
    "required": ["label"],
    "additionalProperties": False,
}
# A model this small sorts badly, so its answer counts as right whatever it is: the loop is tested.
TICKETS = (
    "Sort this support ticket: the app crashes when I open the settings page",
    "Sort this support ticket: the app crashes when I open the profile page",
    "Sort this support ticket: the app crashes when I open the billing page",
    "Sort this support ticket: the app crashes when I open the search page",
    "Sort this support ticket: the app crashes when I open the login page",
    "Sort this support ticket: the app crashes when I open the start page",
    "Sort this support ticket: the app crashes when I open the help page",
    "Sort this support ticket: the app crashes when I open the order page",
    "Sort this support ticket: the app crashes when I open the price page",
)


@pytest.fixture(scope="module")
def service(running_stack: StackProcess) -> Iterator[Service]:
    with closing(Service(running_stack)) as found:
        yield found


@pytest.fixture(scope="module")
def operator(running_stack: StackProcess) -> Iterator[Operator]:
    with closing(Operator(running_stack)) as found:
        yield found


def ask(service: Service, prompt: str, system: str, schema: dict[str, Any]) -> Reply:
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    reply = service.ask(prompt, system, response_format=wanted, temperature=0)
    assert reply.status == 200, reply.body
    return reply


def state(service: Service, version: str) -> str:
    ((found,),) = service.rows("SELECT state FROM kernels_kernelversion WHERE id = %s", version)
    return str(found)


def candidate(service: Service, property_name: str) -> str:
    """The id of the candidate whose output has this property, once it is there."""

    def look() -> str | None:
        found = service.rows(
            "SELECT id FROM kernels_kernelversion WHERE state = 'candidate'"
            " AND jsonb_exists(spec::jsonb #> '{output_schema,properties}', %s)",
            property_name,
        )
        return str(found[0][0]) if found else None

    return wait_for(look, "a candidate")


def test_repeated_conversions_become_a_kernel_that_computes(
    service: Service, operator: Operator
) -> None:
    spent = []
    for number in (2, 3, 5, 4, 6, 8, 7, 12, 20, 9, 15, 30, 11, 40, 50, 10, 25, 60):
        reply = ask(service, f"Convert {number} km to m.", CONVERT, CONVERSION)
        assert reply.extras["route"] == "generation"
        right = json.loads(reply.content) == {"value": number * 1000, "unit": "m"}
        service.judge(reply, "correct" if right else "incorrect")
        spent.append((reply.tokens, right))
    assert sum(right for _, right in spent) >= 8, spent

    version = candidate(service, "value")
    operator.decide("approve_selected", version)
    reply = ask(service, "Convert 41 km to m.", CONVERT, CONVERSION)
    assert reply.extras["route"] == "kernel", reply.extras["reason"]
    assert reply.extras["kernel"]["version_id"] == version
    assert reply.extras["verified"] is True
    assert json.loads(reply.content) == {"value": 41_000, "unit": "m"}
    jsonschema_rs.validate(CONVERSION, json.loads(reply.content))
    saved = sum(tokens for tokens, _ in spent) / len(spent) - reply.tokens
    print(f"\ntokens saved a request: {saved:.0f}; the kernel spent {reply.tokens}")
    assert saved > 50

    operator.decide("roll_back_selected", version, reason="Trying it out.", apply="1")
    reply = ask(service, "Convert 42 km to m.", CONVERT, CONVERSION)
    assert reply.extras["route"] == "generation"
    assert service.rows("SELECT state FROM kernels_kernelversion WHERE id = %s", version) == [
        ("retired",)
    ]
    assert service.rows(
        "SELECT action FROM kernels_reviewaction WHERE version_id = %s ORDER BY at", version
    ) == [("approve",), ("roll back",)]


def test_repeated_sorting_becomes_a_kernel_that_asks_the_model_under_its_schema(
    service: Service, operator: Operator
) -> None:
    spent = [ask(service, ticket, SORT, LABEL).tokens for ticket in TICKETS]
    version = candidate(service, "label")
    operator.decide("approve_selected", version)
    if state(service, version) == "candidate":
        # The small model gave all tickets one label: nothing shows that the contract has teeth.
        why = "Its schema has the labels, and the app counts on no more."
        operator.decide("approve_anyway_selected", version, reason=why, apply="1")
    assert state(service, version) == "live"
    ticket = "Sort this support ticket: the app crashes when I open the news page"
    reply = ask(service, ticket, SORT, LABEL)
    assert reply.extras["route"] == "kernel", reply.extras["reason"]
    assert reply.extras["verified"] is True
    jsonschema_rs.validate(LABEL, json.loads(reply.content))
    assert reply.body["usage"]["completion_tokens"] > 0
    saved = sum(spent) / len(spent) - reply.tokens
    print(f"\ntokens saved a request: {saved:.0f}; the kernel spent {reply.tokens}")
    assert saved > 0
    operator.decide("roll_back_selected", version, reason="Trying it out.", apply="1")
    assert ask(service, ticket, SORT, LABEL).extras["route"] == "generation"
