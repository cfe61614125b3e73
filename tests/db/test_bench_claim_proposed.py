"""The claim's arm with composition runs what the router proposed, and counts what it cost."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from kernels.compositions import pinned
from kernels.decision import Candidate, Part, Proposal
from kernels.matching import Features
from kernels.models import KernelVersion
from kwsite.bench.claim.proposed import run_proposal
from kwsite.bench.claim.said import Said
from tests.composition_rows import add_live_kernel, kernel, parallel
from trajectories.models import Client
from workers.backends.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = {"type": "string", "minLength": 1}
NAMES = ("summarize", "entitle")


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.KW_KERNEL_RETRIES = 0
    add_live_kernel("summarize", {"answer": TEXT})
    add_live_kernel("entitle", {"answer": TEXT})
    return Client.objects.create(name="app")


def proposal(client: Client) -> Proposal:
    """Both kernels give a property of the same name, each under another one of the whole."""
    plan = parallel(
        kernel("summarize", name="short", input={"prompt": "input.first"}),
        kernel("entitle", name="title", input={"prompt": "input.second"}),
    )
    takes = {
        "type": "object",
        "properties": dict.fromkeys(("first", "second"), TEXT),
        "required": ["first", "second"],
    }
    whole = {"name": "both", "input_schema": takes, "plan": plan}
    first, second = (_part(name) for name in NAMES)
    given = {"first": "Sum this up.", "second": "Name this."}
    return Proposal("", 0.9, (first, second), pinned(whole, client), given)


def _part(name: str) -> Part:
    version = str(KernelVersion.objects.get(kernel__name=name).pk)
    features = Features(**dict.fromkeys(Features.names(), 1.0))
    return Part(name, Candidate(name, version, 1, 0.95, 0.5, features, (), (), ""))


def test_both_outputs_stand_under_their_properties(client: Client) -> None:
    asked: Any = proposal(client)
    backend = ScriptedBackend()
    backend.enqueue('{"answer": "x"}', '{"answer": "x"}')
    said = run_proposal(asked, client, backend)
    assert json.loads(said.text) == {"short": {"answer": "x"}, "title": {"answer": "x"}}
    assert said.tokens > 0
    assert said.composed == tuple(part.kernel.version_id for part in asked.parts)


def test_a_plan_that_fails_says_nothing_and_has_its_cost(client: Client) -> None:
    asked = proposal(client)
    backend = ScriptedBackend()
    backend.enqueue('{"answer": ""}', '{"answer": ""}')
    said = run_proposal(asked, client, backend)
    assert said.text == ""
    assert said.tokens > 0


def test_an_input_that_the_plan_does_not_take_is_not_run(client: Client) -> None:
    asked = proposal(client)
    refused = Proposal("", 0.9, asked.parts, asked.composition, {"first": "only"})
    said = run_proposal(refused, client, ScriptedBackend())
    assert said == Said("", 0, composed=tuple(part.kernel.version_id for part in asked.parts))
