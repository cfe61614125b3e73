"""Compositions are checked before they are stored, and approved before they serve."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from kernels.algebra.plan import Composition as Plan
from kernels.composition_models import Composition, CompositionReview
from kernels.composition_review import (
    NoLongerFits,
    approve_composition,
    reject_composition,
    retire_composition,
)
from kernels.compositions import (
    AlreadyThere,
    CompositionNotFound,
    CompositionNotLive,
    CompositionRefused,
    InputRefused,
    UnknownKernel,
    accepted_input,
    add_composition,
    live_composition,
    pinned,
)
from kernels.models import KernelVersion
from kernels.review import NotACandidate, NotLive, ReasonMissing, roll_back
from tests.composition_rows import (
    add_live_composition,
    add_live_kernel,
    kernel,
    object_schema,
    plan_of,
    sequence,
)
from trajectories.models import Client

pytestmark = pytest.mark.django_db

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
TWO = sequence(kernel("summarize"), kernel("entitle"))


@pytest.fixture(autouse=True)
def kernels() -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    add_live_kernel("count", {"count": COUNT})
    takes = {"required": ["count"], "properties": {"count": {"type": "integer", "minimum": 1}}}
    add_live_kernel("price", {"total": {"type": "number"}}, input_schema=takes)


@pytest.fixture
def user() -> User:
    return User.objects.create_user("operator")


def test_what_fits_is_stored_as_a_candidate_with_what_it_takes_and_gives() -> None:
    added = add_composition(plan=plan_of(TWO), client=None)
    assert (added.state, added.number, added.digest) == ("candidate", 1, plan_of(TWO).digest)
    assert added.output_schema == object_schema(title=TEXT)
    assert {one["name"] for one in added.evidence["kernels"]} == {"summarize", "entitle"}


def test_what_does_not_fit_is_not_stored_and_a_value_shows_why() -> None:
    with pytest.raises(CompositionRefused) as refused:
        add_composition(plan=plan_of(sequence(kernel("count"), kernel("price"))), client=None)
    (finding,) = refused.value.findings
    assert finding["where"] == "plan.steps[1] (price)"
    assert finding["counterexample"] == {"count": 0}
    assert '{"count": 0}' in refused.value.detail
    assert not Composition.objects.exists()


def test_a_kernel_that_is_not_live_is_refused_by_name() -> None:
    with pytest.raises(UnknownKernel, match="No live kernel is called translate"):
        pinned({"plan": sequence(kernel("translate"))}, None)
    plan = plan_of(TWO)
    live = KernelVersion.objects.get(kernel__name="entitle")
    roll_back(version=live, user=None, reason="it was wrong")
    with pytest.raises(CompositionRefused, match="entitle"):
        add_composition(plan=plan, client=None)


def test_a_kernel_of_another_client_cannot_be_used() -> None:
    mine, other = (Client.objects.create(name=name) for name in ("mine", "other"))
    add_live_kernel("secret", {"title": TEXT}, client=other)
    document: dict[str, Any] = {"plan": sequence(kernel("secret"))}
    assert pinned(document, other)["plan"]["steps"][0]["digest"]
    for client in (mine, None):
        with pytest.raises(UnknownKernel):
            pinned(document, client)


def test_the_same_composition_is_proposed_once() -> None:
    added = add_composition(plan=plan_of(TWO), client=None)
    with pytest.raises(AlreadyThere):
        add_composition(plan=plan_of(TWO), client=None)
    reject_composition(composition=added, user=None, reason="not now")
    assert add_composition(plan=plan_of(TWO), client=None).number == 2


def test_an_approved_composition_retires_the_one_before(user: User) -> None:
    first = add_live_composition(TWO)
    second = add_composition(plan=plan_of(TWO, description="better"), client=None)
    approve_composition(composition=second, user=user, reason="it is better")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("retired", "live")
    review = CompositionReview.objects.get(composition=second)
    assert (review.action, review.user, review.reason) == ("approve", user, "it is better")


def test_what_no_longer_fits_is_not_approved() -> None:
    added = add_composition(plan=plan_of(TWO), client=None)
    live = KernelVersion.objects.get(kernel__name="entitle")
    roll_back(version=live, user=None, reason="it was wrong")
    with pytest.raises(NoLongerFits, match="entitle"):
        approve_composition(composition=added, user=None)
    added.refresh_from_db()
    assert added.state == "candidate"


def test_decisions_need_a_reason_and_the_right_state(user: User) -> None:
    added = add_composition(plan=plan_of(TWO), client=None)
    with pytest.raises(ReasonMissing):
        reject_composition(composition=added, user=user, reason=" ")
    with pytest.raises(NotLive):
        retire_composition(composition=added, user=user, reason="old")
    reject_composition(composition=added, user=user, reason="no use for it")
    with pytest.raises(NotACandidate):
        approve_composition(composition=added, user=user)


def test_a_client_means_its_own_composition_before_the_shared_one() -> None:
    client, other = (Client.objects.create(name=name) for name in ("mine", "other"))
    with pytest.raises(CompositionNotFound):
        live_composition(name="composed", client=client)
    waiting = add_composition(plan=plan_of(TWO), client=None)
    with pytest.raises(CompositionNotLive):
        live_composition(name="composed", client=client)
    shared = approve_composition(composition=waiting, user=None)
    own = add_live_composition(TWO, client=client)
    assert live_composition(name="composed", client=client) == own
    assert live_composition(name="composed", client=other) == shared


def taken(composition: Composition, given: dict[str, Any]) -> dict[str, Any]:
    plan = Plan.model_validate(composition.plan)
    return accepted_input(plan, composition.input_schema, given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"text": "Sum up."}, "text|prompt"), ({"prompt": 1}, "prompt"), ({}, "prompt")],
)
def test_an_input_that_it_does_not_take_is_refused(given: dict[str, Any], reason: str) -> None:
    stated = add_live_composition(TWO, input_schema=object_schema(prompt=TEXT))
    of_prompts = add_live_composition(TWO, name="of-prompts")
    for composition in (stated, of_prompts):
        with pytest.raises(InputRefused, match=reason):
            taken(composition, given)


def test_a_plan_over_prompts_gets_what_is_found_in_them() -> None:
    given = {"prompt": "Sum up 2 and 3."}
    stated = add_live_composition(TWO, input_schema=object_schema(prompt=TEXT))
    of_prompts = add_live_composition(TWO, name="of-prompts")
    assert taken(stated, given) == given
    assert taken(of_prompts, given)["numbers"] == [2, 3]
