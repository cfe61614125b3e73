"""Who may review, and how: permissions, methods, tokens."""

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from kernels.models import CandidateReplay, KernelVersion
from kernels.review import reject_candidate
from tests.db.admin_browser import (
    QUEUE,
    candidate,
    change,
    root,
    state,
    text,
    viewer,
)
from tests.db.reviewing_browser import at, last, undo_of

__all__ = ["candidate", "root", "viewer"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db
VIEWS = ("edit-contract", "second", "second/withdraw", "replay")


@pytest.mark.parametrize("view", VIEWS)
def test_a_viewer_does_none_of_it(
    viewer: Browser, root: Browser, candidate: KernelVersion, view: str
) -> None:
    for response in (viewer.post(at(candidate, view)), viewer.get(at(candidate, view))):
        assert response.status_code in (403, 405)
    assert viewer.post(at(candidate, view)).status_code == 403
    reject_candidate(version=candidate, user=None, reason="no")
    assert viewer.post(undo_of(last())).status_code == 403
    assert state(candidate) == State.REJECTED
    for page in (text(viewer.get(change(candidate))), text(viewer.get(QUEUE))):
        assert "/undo/" not in page
        assert "/edit-contract/" not in page
        assert "/second/" not in page


@pytest.mark.parametrize("view", VIEWS)
def test_a_stranger_is_sent_to_the_login_by_each(candidate: KernelVersion, view: str) -> None:
    response = Browser().post(at(candidate, view))
    assert "/admin/login/" in response["Location"]


@pytest.mark.parametrize("view", ["second/withdraw", "replay", "undo"])
def test_what_writes_at_once_is_never_a_get(
    root: Browser, candidate: KernelVersion, view: str
) -> None:
    reject_candidate(version=candidate, user=None, reason="no")
    url = undo_of(last()) if view == "undo" else at(candidate, view)
    assert root.get(url).status_code == 405
    assert state(candidate) == State.REJECTED
    assert not CandidateReplay.objects.exists()


@pytest.mark.parametrize("view", [*VIEWS, "undo"])
def test_each_write_needs_the_csrf_token(
    root: Browser, candidate: KernelVersion, view: str
) -> None:
    reject_candidate(version=candidate, user=None, reason="no")
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="root"))
    url = undo_of(last()) if view == "undo" else at(candidate, view)
    assert strict.post(url).status_code == 403
    assert state(candidate) == State.REJECTED
