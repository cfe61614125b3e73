"""The operator UI over HTTP: every page renders, records cannot be touched."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client as Browser

from kernels.models import (
    Calibration,
    Exemplar,
    Kernel,
    KernelVersion,
    ReviewAction,
    RoutingHead,
)
from tests.db.admin_browser import (
    QUEUE,
    add_family,
    candidate,
    change,
    changelist,
    root,
    state,
    text,
    viewer,
)
from tests.kernel_rows import add_trajectory, add_version
from training.models import (
    Adapter,
    LoraRun,
    ReviewItem,
    RouterOutcome,
    Snapshot,
    TrainingNode,
    WorkerDelta,
)
from trajectories.models import ApiKey, Client, Feedback, ReceiptKey, Run, Trajectory

__all__ = ["candidate", "root", "viewer"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db
MODELS = [
    m for m in admin.site._registry if m._meta.app_label in ("kernels", "training", "trajectories")
]
RECORDS = [Run, Trajectory, Feedback, Kernel, KernelVersion, Exemplar, Calibration]
RECORDS += [ReviewAction, RoutingHead, ReviewItem, RouterOutcome, Snapshot, WorkerDelta]
RECORDS += [Adapter, LoraRun, TrainingNode]


@pytest.mark.parametrize("model", MODELS)
def test_every_list_shows_its_rows(
    root: Browser, candidate: KernelVersion, model: type[Model]
) -> None:
    page = text(root.get(changelist(model)))
    row = model._default_manager.first()
    assert row is not None
    assert change(row) in page


@pytest.mark.parametrize("model", MODELS)
def test_every_list_can_be_searched(
    root: Browser, candidate: KernelVersion, model: type[Model]
) -> None:
    for words in ("write", str(candidate.pk)):
        assert root.get(changelist(model), {"q": words}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_every_row_has_a_page(root: Browser, candidate: KernelVersion, model: type[Model]) -> None:
    for row in model._default_manager.all():
        text(root.get(change(row)))


@pytest.mark.parametrize("model", MODELS)
def test_lists_take_no_more_queries_for_more_rows(
    root: Browser,
    candidate: KernelVersion,
    model: type[Model],
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for number in range(1, 4):
        add_family(number)
    with django_assert_max_num_queries(17 if model is KernelVersion else 12):
        text(root.get(changelist(model)))


@pytest.mark.parametrize(("model", "most"), [(Kernel, 15), (KernelVersion, 19), (Trajectory, 26)])
def test_pages_take_no_more_queries_for_more_parts(
    root: Browser,
    candidate: KernelVersion,
    model: type[Model],
    most: int,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    client = Client.objects.get()
    candidate.sources.add(*[add_trajectory(client=client) for _ in range(5)])
    for number in range(3, 8):
        add_version(kernel=candidate.kernel, number=number)
    for row in model._default_manager.all()[:3]:
        with django_assert_max_num_queries(most):
            text(root.get(change(row)))


@pytest.mark.parametrize("model", RECORDS)
def test_records_can_be_neither_added_nor_changed_nor_deleted(
    root: Browser, candidate: KernelVersion, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    add = changelist(model) + "add/"
    assert root.get(add).status_code == 403
    assert root.post(change(row), {}).status_code == 403
    assert (
        root.post(change(row).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    )


def test_an_unknown_or_broken_id_leads_back_to_the_start(root: Browser) -> None:
    for pk in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        response = root.get(f"{QUEUE}{pk}/change/", follow=True)
        assert "doesn’t exist" in text(response)


def test_recorded_text_is_escaped(root: Browser, candidate: KernelVersion) -> None:
    for row in (candidate, Trajectory.objects.exclude(route="agent")[0]):
        page = text(root.get(change(row)))
        assert "<b>" not in page
        assert "&lt;b&gt;" in page


def test_candidates_come_first_and_can_be_filtered(root: Browser, candidate: KernelVersion) -> None:
    live = KernelVersion.objects.get(state=State.LIVE)
    page = text(root.get(QUEUE))
    assert page.index(change(candidate)) < page.index(change(live))
    queue = text(root.get(QUEUE, {"state__exact": "candidate"}))
    assert change(candidate) in queue
    assert change(live) not in queue


def test_the_page_of_a_candidate_says_what_a_reviewer_needs(
    root: Browser, candidate: KernelVersion
) -> None:
    page = text(root.get(change(candidate)))
    for words in (
        "Finds the e-mail address",
        "one address is given",
        "size(input.emails) == 1",
        "email: .+@.+",
        "Is this the person to write to?",
        "{&quot;type&quot;: &quot;object&quot;}",
        "input.emails[0]",
        "up to 4 worked examples and 128 tokens",
        "1 of 1 outputs accepted",
        "3 of 4 prompts",
        "75%",
        "0.712",
        "10 more verdicts needed",
        "ada@example.org",
        change(Trajectory.objects.exclude(route="agent")[0]),
    ):
        assert words in page


def test_a_version_without_evidence_has_a_page_too(root: Browser) -> None:
    version = add_version()
    KernelVersion.objects.update(evidence={}, spec={"name": "starter"})
    text(root.get(change(version)))


def test_the_page_of_a_version_that_the_gate_refused_says_why(root: Browser) -> None:
    version = add_version(state=State.REJECTED)
    KernelVersion.objects.update(decision_reason="regression gate: own tests")
    assert "regression gate: own tests" in text(root.get(change(version)))


def test_the_page_of_a_trajectory_shows_its_checks_and_events(
    root: Browser, candidate: KernelVersion
) -> None:
    page = text(root.get(change(Trajectory.objects.exclude(route="agent")[0])))
    for words in ("valid", "Verification", "no kernel is near", "810 ms"):
        assert words in page


@pytest.mark.parametrize("model", [*MODELS, User])
@pytest.mark.parametrize("pk", ["nonsense", "9" * 30])
def test_an_action_on_a_broken_id_changes_nothing_and_says_so(
    root: Browser, candidate: KernelVersion, model: type[Model], pk: str
) -> None:
    action = {KernelVersion: "approve_selected", ApiKey: "revoke_selected"}.get(
        model, "delete_selected"
    )
    offered = f'value="{action}"' in text(root.get(changelist(model)))
    for index in ({}, {"index": "0"}):  # without and with the list's own button
        post = {"action": action, "_selected_action": [pk, pk], **index}
        response = root.post(changelist(model), post, follow=True)
        assert (response.status_code == 403) == (not offered)
        # Any text could be the id of a receipt key.
        if offered and pk == "nonsense" and model is not ReceiptKey:
            assert "The selection could not be read. Nothing was changed." in text(response)
    assert state(candidate) == State.CANDIDATE


def test_a_page_that_is_refused_is_in_style_and_says_what_to_do(
    viewer: Browser, candidate: KernelVersion
) -> None:
    response = viewer.get(f"{QUEUE}{candidate.pk}/decide/approve/")
    page = response.content.decode()
    assert response.status_code == 403
    assert "unfold/css/styles.css" in page
    assert "Ask a superuser" in page
    assert 'href="/admin/"' in page


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_form_without_its_token_is_refused_in_style(root: Browser, signed_in: bool) -> None:
    strict = Browser(enforce_csrf_checks=True)
    if signed_in:
        strict.force_login(User.objects.get(username="root"))
    response = strict.post("/admin/login/", {"username": "root"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "unfold/css/styles.css" in page
    assert "open the page again" in page
