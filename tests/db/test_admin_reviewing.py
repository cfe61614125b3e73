"""What reviewers do about a candidate over HTTP: undo, edit, second reviewers, replays."""

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser
from django.utils import timezone

from kernels.models import CandidateReplay, KernelVersion, ReviewAction, SecondReview
from kernels.review import approve_candidate, reject_candidate
from kernels.value import ExpectedValue
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
from tests.kernel_rows import OUTPUT, SPEC, add_version

__all__ = ["candidate", "root", "viewer"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db
SECRET = "what the first one thinks"
VIEWS = ("edit-contract", "second", "second/withdraw", "replay")
KEYS = "kernels/review_keys.js"


@pytest.fixture
def grace() -> Browser:
    user = User.objects.create_user("grace", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__endswith="kernelversion"))
    browser = Browser()
    browser.force_login(user)
    return browser


def at(version: KernelVersion, view: str) -> str:
    return f"{QUEUE}{version.pk}/{view}/"


def undo_of(action: ReviewAction) -> str:
    return f"{QUEUE}undo/{action.pk}/"


def last() -> ReviewAction:
    return ReviewAction.objects.order_by("-pk")[0]


def ask(browser: Browser, version: KernelVersion, **fields: str) -> Any:
    post = {"reviewer": "", "verdict": "reject", "reason": SECRET, **fields}
    return browser.post(at(version, "second"), post, follow=True)


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


def test_nothing_is_decided_before_the_second_verdict(
    root: Browser, candidate: KernelVersion
) -> None:
    ask(root, candidate)
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


def edit(browser: Browser, version: KernelVersion, **fields: Any) -> str:
    spec = version.spec
    post = {
        "preconditions": json.dumps(spec["preconditions"]),
        "postconditions": json.dumps(spec["postconditions"]),
        "reason": "safer",
        **fields,
    }
    return text(browser.post(at(version, "edit-contract"), post, follow=True))


def test_an_edited_contract_becomes_a_candidate_that_waits_for_the_gate(
    root: Browser, candidate: KernelVersion
) -> None:
    assert "size(input.emails) == 1" in text(root.get(at(candidate, "edit-contract")))
    kept = [one for one in SPEC["postconditions"] if one["kind"] != "judge"]
    page = edit(root, candidate, postconditions=json.dumps(kept))
    edited = KernelVersion.objects.get(edited_from=candidate)
    assert "It is being replayed" in page
    assert "It waits to be run on the edited contract." in page
    assert "/decide/approve" not in page
    assert "v1 (candidate)" in page
    assert state(candidate) == State.CANDIDATE
    assert edited.exemplars.get().output == OUTPUT
    assert "v3 (candidate)" in text(root.get(change(candidate)))


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ("[{", "Not JSON"),
        ("{}", "A list of conditions is wanted"),
        ('[{"kind": "cel", "expression": "output.a =="}]', "condition 1.expression"),
        ('[{"kind": "cel", "expression": "1 == 1"}]', "looks at none of input, output and trace"),
        ('[{"kind": "regex", "pattern": "("}]', "not an RE2 pattern"),
        ('[{"kind": "guess"}]', "condition 1"),
        ('[{"kind": "judge", "question": "?", "extra": 1}]', "condition 1.extra"),
    ],
)
def test_a_contract_that_does_not_compile_says_so_at_its_field(
    root: Browser, candidate: KernelVersion, conditions: str, said: str
) -> None:
    page = edit(root, candidate, postconditions=conditions)
    assert said in page
    assert KernelVersion.objects.filter(edited_from=candidate).count() == 0


def test_an_edit_that_changes_nothing_is_refused(root: Browser, candidate: KernelVersion) -> None:
    assert "The contract is the same as before" in edit(root, candidate)


def test_a_fresh_replay_is_asked_for_once(root: Browser, candidate: KernelVersion) -> None:
    page = text(root.post(at(candidate, "replay"), follow=True))
    assert "It is being replayed" in page
    assert "Replay again" not in page
    assert CandidateReplay.objects.get().asked_by == User.objects.get(username="root")
    page = text(root.post(at(candidate, "replay"), follow=True))
    assert "It is being replayed already" in page
    CandidateReplay.objects.update(state="running", stage="whose traffic", done=20, total=80)
    assert "whose traffic: 20 of 80" in text(root.get(change(candidate)))
    CandidateReplay.objects.update(state="failed", error="no model server")
    assert "no model server" in text(root.get(change(candidate)))


def done_replay(version: KernelVersion) -> None:
    row = {
        "prompt": "Write to <b>bob</b>",
        "before": {"email": "bob@x.org"},
        "after": {"email": "bo@x.org"},
        "said": "right",
        "verdict": "loss",
        "why": "",
        "tokens_before": 100,
        "tokens_after": 40,
        "trajectory": str(version.sources.first().pk),  # type: ignore[union-attr]
    }
    blast = {
        "looked_at": 50,
        "days": 2.0,
        "cut": False,
        "taken": 8,
        "a_day": 4.0,
        "clients": {"<b>app</b>": 8},
        "families": {"(none)": 8},
        "from": {"no kernel": 5, "old-kernel": 3},
        "pushed_out": {},
        "nothing": "",
    }
    compared = {
        "verdicts": {"win": 0, "loss": 1, "tie": 0, "changed": 0, "left": 0},
        "tokens_before": 100,
        "tokens_after": 40,
        "priced": 1,
        "rows": [row],
    }
    CandidateReplay.objects.create(
        version=version,
        state="done",
        finished_at=timezone.now(),
        result={"blast": blast, "counterfactual": compared, "neighbours": []},
    )


def test_the_page_shows_what_the_replay_found(root: Browser, candidate: KernelVersion) -> None:
    done_replay(candidate)
    page = text(root.get(change(candidate)))
    for words in (
        "8 of 50 requests of 2 days",
        "old-kernel: 3",
        "60% saved",
        "[only before: ",
        "</del>",
        "</ins>",
        "No live kernel of others is near.",
        "truncated",
        "The whole spec as JSON",
    ):
        assert words in page
    assert "<b>" not in page


def test_the_queue_is_ordered_by_expected_value(root: Browser, candidate: KernelVersion) -> None:
    parts = ExpectedValue(0.8, 10.0, 50.0, 6, "the replays").as_json()
    rich, poor = add_version(), add_version()
    for version, value in ((rich, 400.0), (poor, 4.0)):
        KernelVersion.objects.filter(pk=version.pk).update(expected_value=value, value=parts)
    queue = text(root.get(QUEUE, {"state__exact": "candidate"}))
    found = sorted((rich, poor, candidate), key=lambda one: queue.index(change(one)))
    assert found == [rich, poor, candidate]
    assert "400 tokens a day" in queue
    assert "P 0.80 × 10 a day × 50 tokens" in queue
    assert "being replayed" in queue
    page = text(root.get(change(poor)))
    assert f'data-key="k" href="{change(rich)}"' in page
    assert f'data-key="j" href="{change(candidate)}"' in page


def test_each_shortcut_has_a_link_or_button_beside_it(
    root: Browser, candidate: KernelVersion
) -> None:
    reject_candidate(version=add_version(), user=User.objects.get(username="root"), reason="no")
    queue = text(root.get(QUEUE, {"state__exact": "candidate"}))
    assert {"a", "r", "e", "s", "u"} <= set(re.findall(r'data-key="(\w)"', queue))
    page = text(root.get(change(candidate)))
    assert {"a", "r", "e", "s"} <= set(re.findall(r'data-key="(\w)"', page))
    for shown in (queue, page):
        assert KEYS in shown
        assert "Keyboard shortcuts (?)" in shown


def test_the_shortcuts_are_loaded_nowhere_else(root: Browser, candidate: KernelVersion) -> None:
    for url in ("/admin/", "/admin/kernels/kernel/", change(candidate.kernel)):
        assert KEYS not in text(root.get(url))


def test_an_approval_by_the_service_is_nobodys_last_decision(
    root: Browser, candidate: KernelVersion
) -> None:
    ReviewAction.objects.all().update(user=None)
    approve_candidate(version=candidate, user=None)
    assert "Your last decision" not in text(root.get(QUEUE))
