"""What an operator decides about kernel versions, over HTTP."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser

from kernels.models import (
    KernelVersion,
)
from tests.db.admin_browser import (
    QUEUE,
    act,
    candidate,
    change,
    root,
    state,
    text,
    viewer,
)
from tests.kernel_rows import add_version

__all__ = ["candidate", "root", "viewer"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db


def test_approval_takes_one_post(candidate: KernelVersion) -> None:
    reviewer = User.objects.create_user("grace", password="a-password", is_staff=True)
    reviewer.user_permissions.set(Permission.objects.filter(codename__contains="kernelversion"))
    browser = Browser()
    credentials = {"username": "grace", "password": "a-password", "next": QUEUE}
    assert browser.post("/admin/login/", credentials)["Location"] == QUEUE
    response = act(browser, "approve_selected", candidate)
    assert "Approved: 1." in text(response)
    assert state(candidate) == State.LIVE
    assert candidate.exemplars.get().live
    assert candidate.reviews.get().user == reviewer


def test_a_weak_contract_is_approved_only_with_a_reason(
    root: Browser, candidate: KernelVersion
) -> None:
    candidate.evidence = {"mutation": {"score": 0.2, "by_kind": {"swapped": [1, 5]}}}
    candidate.save(update_fields=["evidence"])
    page = text(root.get(change(candidate)))
    assert "decide/approve-anyway/" in page
    assert "decide/approve/" not in page
    assert "20% refused" in page
    post = {"action": "approve_selected", "_selected_action": str(candidate.pk)}
    assert "refuses too few wrong outputs" in text(root.post(QUEUE, post, follow=True))
    anyway = {**post, "action": "approve_anyway_selected", "apply": "1", "reason": "A test run."}
    root.post(QUEUE, anyway, follow=True)
    candidate.refresh_from_db()
    assert candidate.state == "live"


def test_a_decision_is_in_the_history_of_its_version(
    root: Browser, candidate: KernelVersion
) -> None:
    act(root, "approve_selected", candidate, reason="checked by hand")
    assert LogEntry.objects.get(object_id=candidate.pk).change_message == (
        "Approved. checked by hand"
    )
    assert "checked by hand" in text(root.get(f"{QUEUE}{candidate.pk}/history/"))
    assert "checked by hand" in text(root.get(change(candidate)))


def test_a_rejection_asks_for_its_reason_first(root: Browser, candidate: KernelVersion) -> None:
    page = text(act(root, "reject_selected", candidate))
    assert str(candidate) in page
    assert 'name="reason"' in page
    assert "This field is required" not in page
    assert state(candidate) == State.CANDIDATE


def test_a_rejection_without_a_reason_is_asked_again(
    root: Browser, candidate: KernelVersion
) -> None:
    page = text(act(root, "reject_selected", candidate, apply="1", reason=" "))
    assert "This field is required" in page
    assert state(candidate) == State.CANDIDATE


def test_a_rejection_with_a_reason_is_done(root: Browser, candidate: KernelVersion) -> None:
    response = act(root, "reject_selected", candidate, apply="1", reason="too broad")
    assert "Rejected: 1." in text(response)
    assert state(candidate) == State.REJECTED
    assert candidate.decision_reason == "too broad"


def test_a_roll_back_brings_the_version_before_back(
    root: Browser, candidate: KernelVersion
) -> None:
    live = KernelVersion.objects.get(state=State.LIVE)
    act(root, "approve_selected", candidate)
    assert 'name="reason"' in text(act(root, "roll_back_selected", candidate))
    response = act(root, "roll_back_selected", candidate, apply="1", reason="wrong answers")
    assert "Rolled back: 1." in text(response)
    assert (state(candidate), state(live)) == (State.RETIRED, State.LIVE)


def test_the_form_of_the_reason_page_posts_the_decision(
    root: Browser, candidate: KernelVersion
) -> None:
    page = text(root.get(f"{QUEUE}{candidate.pk}/decide/reject/"))
    form = page[page.index(f'action="{QUEUE}"') :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert "Rejected: 1." in text(root.post(QUEUE, {**fields, "reason": "vague"}, follow=True))
    assert state(candidate) == State.REJECTED


def test_an_error_is_a_message_and_the_rest_is_still_decided(
    root: Browser, candidate: KernelVersion
) -> None:
    live = KernelVersion.objects.get(state=State.LIVE)
    other = add_version()
    page = text(act(root, "approve_selected", live, other))
    assert "Only a candidate can be approved or rejected" in page
    assert "Approved: 1." in page
    assert state(other) == State.LIVE


def test_a_page_offers_only_what_applies_to_its_state(
    root: Browser, candidate: KernelVersion
) -> None:
    def offered(version: KernelVersion) -> list[str]:
        return re.findall(r"/decide/([a-z-]+)/", text(root.get(change(version))))

    assert offered(candidate) == ["approve", "reject"]
    assert offered(KernelVersion.objects.get(state=State.LIVE)) == ["roll-back"]


def test_an_unknown_decision_is_not_found(root: Browser, candidate: KernelVersion) -> None:
    assert root.get(f"{QUEUE}{candidate.pk}/decide/delete/").status_code == 404


def test_a_viewer_reads_but_decides_nothing(
    viewer: Browser, root: Browser, candidate: KernelVersion
) -> None:
    assert "/decide/" not in text(viewer.get(change(candidate)))
    assert viewer.get(f"{QUEUE}{candidate.pk}/decide/approve/").status_code == 403
    act(viewer, "approve_selected", candidate)
    act(viewer, "reject_selected", candidate, apply="1", reason="no")
    assert state(candidate) == State.CANDIDATE
    assert not candidate.reviews.exists()


def test_a_stranger_is_sent_to_the_login(candidate: KernelVersion) -> None:
    response = Browser().post(
        QUEUE, {"action": "approve_selected", "_selected_action": [candidate.pk]}
    )
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]
    assert state(candidate) == State.CANDIDATE


def test_a_decision_needs_the_csrf_token(root: Browser, candidate: KernelVersion) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="root"))
    assert act(strict, "approve_selected", candidate).status_code == 403
    assert state(candidate) == State.CANDIDATE
