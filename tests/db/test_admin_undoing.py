"""Decisions are taken back over HTTP."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as Browser

from kernels.models import KernelVersion, ReviewAction
from kernels.review import approve_candidate
from tests.db.admin_browser import (
    QUEUE,
    act,
    candidate,
    change,
    root,
    state,
    text,
)
from tests.db.reviewing_browser import grace, last, undo_of

__all__ = ["candidate", "grace", "root"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db


def test_an_approval_is_taken_back_in_one_click(root: Browser, candidate: KernelVersion) -> None:
    live = KernelVersion.objects.get(state=State.LIVE)
    act(root, "approve_selected", candidate)
    page = text(root.get(change(candidate)))
    button = "Undo: v2 is live again, v1 is a candidate again"
    assert page.count(button) == 2  # on top and in the history
    assert undo_of(last()) in page
    assert "Taken back: approve" in text(root.post(undo_of(last()), follow=True))
    assert (state(candidate), state(live)) == (State.CANDIDATE, State.LIVE)
    assert LogEntry.objects.filter(change_message__startswith="Taken back: approve").exists()


def test_a_rejection_is_taken_back_from_the_queue(root: Browser, candidate: KernelVersion) -> None:
    act(root, "reject_selected", candidate, apply="1", reason="vague")
    queue = text(root.get(QUEUE, {"state__exact": "candidate"}))
    assert "Undo: v1 is a candidate again" in queue
    assert "No candidate waits." in queue
    response = root.post(undo_of(last()), {"next": "queue"})
    assert response["Location"] == f"{QUEUE}?state__exact=candidate"
    assert state(candidate) == State.CANDIDATE


def test_an_undo_is_undone_on_the_page(root: Browser, candidate: KernelVersion) -> None:
    act(root, "reject_selected", candidate, apply="1", reason="vague")
    root.post(undo_of(last()))
    assert "Undo: v1 is rejected again" in text(root.get(change(candidate)))
    root.post(undo_of(last()))
    assert state(candidate) == State.REJECTED


def test_an_undo_that_comes_too_late_says_so(root: Browser, candidate: KernelVersion) -> None:
    act(root, "reject_selected", candidate, apply="1", reason="vague")
    rejection = last()
    root.post(undo_of(rejection))
    page = text(root.post(undo_of(rejection), follow=True))
    assert "This decision was taken back before" in page
    assert state(candidate) == State.CANDIDATE


def test_whoever_comes_second_is_told_who_was_first(
    root: Browser, grace: Browser, candidate: KernelVersion
) -> None:
    act(grace, "reject_selected", candidate, apply="1", reason="vague")
    page = text(act(root, "approve_selected", candidate))
    assert "Only a candidate can be approved or rejected" in page
    assert "by grace" in page
    assert state(candidate) == State.REJECTED


def test_a_decision_has_its_undo_on_its_own_page(root: Browser, candidate: KernelVersion) -> None:
    act(root, "reject_selected", candidate, apply="1", reason="vague")
    assert "Undo: v1 is a candidate again" in text(root.get(change(last())))
    root.post(undo_of(last()))
    rejection = last().undoes
    assert rejection is not None
    assert "/undo/" not in text(root.get(change(rejection)))


def test_an_approval_by_the_service_is_nobodys_last_decision(
    root: Browser, candidate: KernelVersion
) -> None:
    ReviewAction.objects.all().update(user=None)
    approve_candidate(version=candidate, user=None)
    assert "Your last decision" not in text(root.get(QUEUE))
