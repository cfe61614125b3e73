"""Second reviewers over HTTP: who is asked, and what nobody sees before both have spoken."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser

from kernels.models import KernelVersion, SecondReview
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
from tests.db.reviewing_browser import at, grace, last

__all__ = ["candidate", "grace", "root", "viewer"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db
SECRET = "what the first one thinks"


def ask(browser: Browser, version: KernelVersion, **fields: str) -> Any:
    post = {"reviewer": "", "verdict": "reject", "reason": SECRET, **fields}
    return browser.post(at(version, "second"), post, follow=True)


def test_the_second_reviewer_sees_nothing_of_the_first_verdict_anywhere(
    root: Browser, grace: Browser, candidate: KernelVersion
) -> None:
    ask(root, candidate)
    pages = [
        change(candidate),
        QUEUE,
        f"{QUEUE}{candidate.pk}/history/",
        at(candidate, "second"),
        at(candidate, "edit-contract"),
        change(last()),
        "/admin/kernels/reviewaction/",
        "/admin/",
    ]
    grace_user = User.objects.get(username="grace")
    grace_user.user_permissions.add(Permission.objects.get(codename="view_reviewaction"))
    for url in pages:
        page = text(grace.get(url))
        assert SECRET not in page, url
        assert "first_verdict" not in page
        assert "root: reject" not in page
    assert SECRET not in text(root.get(change(candidate)))  # over whose shoulder one may look
    ask(grace, candidate, verdict="approve", reason="fine by me")
    page = text(grace.get(change(candidate)))
    assert "root: reject." in page
    assert SECRET in page
    assert "grace: approve." in page


def test_whoever_is_asked_finds_it_in_the_queue(
    root: Browser, grace: Browser, candidate: KernelVersion
) -> None:
    ask(root, candidate)
    assert at(candidate, "second") in text(grace.get(QUEUE)).split("result_list")[0]
    assert "candidate kernel on which your verdict was asked for" in text(grace.get("/admin/"))
    assert "your verdict was asked for" not in text(root.get("/admin/"))
    assert "Your second verdict is asked for" not in text(root.get(QUEUE))
    ask(grace, candidate, verdict="approve", reason="fine by me")
    assert "Your second verdict is asked for" not in text(grace.get(QUEUE))


def test_nothing_is_decided_before_the_second_verdict(
    root: Browser, candidate: KernelVersion
) -> None:
    ask(root, candidate)
    assert "/decide/" not in text(root.get(QUEUE, {"state__exact": "candidate"}))
    page = text(root.get(change(candidate)))
    assert "/decide/" not in page
    assert "anybody who may decide" in page
    assert "A second reviewer was asked" in text(act(root, "approve_selected", candidate))
    assert state(candidate) == State.CANDIDATE
    root.post(at(candidate, "second/withdraw"))
    assert "/decide/approve/" in text(root.get(change(candidate)))
    assert SecondReview.objects.get().state == "withdrawn"


def test_only_those_who_may_decide_can_be_named(
    root: Browser, grace: Browser, viewer: Browser, candidate: KernelVersion
) -> None:
    page = text(root.get(at(candidate, "second")))
    assert re.findall(r'<option value="\d*"[^>]*>\s*([^<]+?)\s*</option>', page) == [
        "anybody who may decide",
        "grace",
    ]
    stranger = User.objects.get(username="viewer")
    page = text(ask(root, candidate, reviewer=str(stranger.pk)))
    assert "Select a valid choice" in page
    assert not SecondReview.objects.exists()


def test_a_verdict_without_a_reason_is_asked_again(root: Browser, candidate: KernelVersion) -> None:
    assert "This field is required" in text(ask(root, candidate, reason=" "))
    assert not SecondReview.objects.exists()


def test_the_queue_says_how_far_reviewers_agree(root: Browser, candidate: KernelVersion) -> None:
    assert "too few to say (n = 0; 10 are needed)" in text(root.get(QUEUE))
    for first, second in [("approve", "approve")] * 6 + [("reject", "reject")] * 4:
        SecondReview.objects.create(
            version=candidate,
            state="given",
            first_verdict=first,
            first_reason="a",
            second_verdict=second,
            second_reason="b",
        )
    assert "Cohen&#x27;s kappa 1.00 (n = 10)" in text(root.get(QUEUE))
