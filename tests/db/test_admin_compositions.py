"""The operator's pages of compositions: the plan drawn, decisions with their reasons."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser

from kernels.composition_models import Composition
from kernels.compositions import add_composition
from kernels.models import KernelVersion
from kernels.review import roll_back
from tests.composition_rows import (
    add_composition_row,
    add_live_kernel,
    add_plan_run_row,
    kernel,
    plan_of,
    sequence,
)
from tests.db.admin_browser import root
from trajectories.models import Client

__all__ = ["root"]
pytestmark = pytest.mark.django_db

LIST = "/admin/kernels/composition/"
TEXT = {"type": "string"}


@pytest.fixture
def candidate() -> Composition:
    asks = [{"kind": "cel", "expression": "size(input.emails) == 1", "label": "one address"}]
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT}, preconditions=asks)
    plan = plan_of(sequence(kernel("summarize"), kernel("entitle")), description="For letters.")
    return add_composition(plan=plan, client=None)


def page_of(browser: Browser, composition: Composition) -> str:
    response = browser.get(f"{LIST}{composition.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def act(browser: Browser, action: str, composition: Composition, **fields: str) -> str:
    post = {"action": action, "_selected_action": str(composition.pk), **fields}
    response: Any = browser.post(LIST, post, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def state(composition: Composition) -> str:
    composition.refresh_from_db()
    return composition.state


def test_the_page_draws_the_plan_and_says_what_may_fail(
    root: Browser, candidate: Composition
) -> None:
    page = page_of(root, candidate)
    version = KernelVersion.objects.get(kernel__name="entitle")
    for words in (
        "For letters.",
        "one after the other; the first failure undoes all",
        "└─ 2. entitle",
        "plan.steps[1] (entitle)",
        "one address",
        "every client",
        f"/admin/kernels/kernelversion/{version.pk}/change/",
        f"{LIST}{candidate.pk}/decide/approve/",
    ):
        assert words in page
    assert re.findall(r"/decide/([a-z-]+)/", page) == ["approve", "reject"]


def test_approval_takes_one_post_and_is_audited(root: Browser, candidate: Composition) -> None:
    assert "Approved: 1." in act(root, "approve_selected", candidate, reason="checked by hand")
    assert state(candidate) == "live"
    review = candidate.reviews.get()
    assert (review.user, review.reason) == (User.objects.get(), "checked by hand")
    assert LogEntry.objects.get().change_message == "Approved. checked by hand"
    page = page_of(root, candidate)
    assert "checked by hand" in page
    assert re.findall(r"/decide/([a-z-]+)/", page) == ["retire"]


def test_a_rejection_wants_its_reason(root: Browser, candidate: Composition) -> None:
    assert 'name="reason"' in act(root, "reject_selected", candidate)
    page = act(root, "reject_selected", candidate, apply="1", reason=" ")
    assert "This field is required" in page
    assert state(candidate) == "candidate"
    assert "Rejected: 1." in act(root, "reject_selected", candidate, apply="1", reason="no use")
    assert (state(candidate), candidate.decision_reason) == ("rejected", "no use")


def test_the_form_of_the_reason_page_posts_the_decision(
    root: Browser, candidate: Composition
) -> None:
    page = root.get(f"{LIST}{candidate.pk}/decide/reject/").content.decode()
    form = page[page.index(f'action="{LIST}"') :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    root.post(LIST, {**fields, "reason": "vague"}, follow=True)
    assert state(candidate) == "rejected"
    assert root.get(f"{LIST}{candidate.pk}/decide/delete/").status_code == 404


def test_what_no_longer_fits_is_a_message(root: Browser, candidate: Composition) -> None:
    live = KernelVersion.objects.get(kernel__name="entitle")
    roll_back(version=live, user=None, reason="it was wrong")
    assert "The static check refuses it by now" in act(root, "approve_selected", candidate)
    assert state(candidate) == "candidate"


def test_who_may_only_view_decides_nothing(candidate: Composition) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    browser = Browser()
    browser.force_login(viewer)
    assert "/decide/" not in page_of(browser, candidate)
    post = {"action": "approve_selected", "_selected_action": str(candidate.pk)}
    assert browser.post(LIST, post).status_code == 403
    assert state(candidate) == "candidate"
    assert browser.get(f"{LIST}{candidate.pk}/decide/approve/").status_code == 403


def test_the_page_of_a_run_shows_its_steps(root: Browser) -> None:
    client = Client.objects.create(name="app")
    run = add_plan_run_row(composition=add_composition_row(client=client), client=client)
    page = root.get(f"/admin/kernels/planrun/{run.pk}/change/").content.decode()
    for words in ("plan/0/undo", "roll back summarize", "it was &lt;b&gt;down&lt;/b&gt;"):
        assert words in page
