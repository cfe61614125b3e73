"""The operator UI over HTTP: every page renders, decisions work, records cannot be touched."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from kernels.models import Calibration, Exemplar, Kernel, KernelVersion, ReviewAction
from kernels.review import approve_candidate
from tests.composition_rows import add_composition_row, add_plan_run_row
from tests.kernel_rows import add_trajectory, add_version
from trajectories.access import find_key, issue_key
from trajectories.models import ApiKey, Client, Feedback, Run, Trajectory

State = KernelVersion.State
MODELS = [m for m in admin.site._registry if m._meta.app_label in ("kernels", "trajectories")]
RECORDS = [Run, Trajectory, Feedback, Kernel, KernelVersion, Exemplar, Calibration, ReviewAction]
QUEUE = "/admin/kernels/kernelversion/"
pytestmark = pytest.mark.django_db


def add_family(number: int) -> KernelVersion:
    """A client's traffic, what was learned from it, and an approved second version."""
    client = Client.objects.create(name=f"app-{number}")
    issue_key(client=client, label="server")
    traces = [add_trajectory(client=client, prompt=f"Write to <b>{n}</b>@x.org") for n in range(2)]
    Feedback.objects.create(client=client, trajectory=traces[0], rating=4, comment="fine")
    candidate = add_version(sources=traces)
    approved = add_version(sources=traces, kernel=candidate.kernel, number=2)
    approve_candidate(version=approved, user=User.objects.get(username="root"))
    composition = add_composition_row(client=client)
    add_plan_run_row(composition=composition, client=client)
    return candidate


@pytest.fixture
def candidate(root: Browser) -> KernelVersion:
    Calibration.objects.create(
        encoder_digest="e" * 64, data_digest="d" * 64, weights={"bias": 0.1}, metrics={"auc": 0.9}
    )
    return add_family(0)


@pytest.fixture
def root() -> Browser:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("root"))
    return browser


@pytest.fixture
def viewer() -> Browser:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    browser = Browser()
    browser.force_login(user)
    return browser


def changelist(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def change(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def act(browser: Browser, action: str, *versions: KernelVersion, **fields: str) -> Any:
    selected = [str(version.pk) for version in versions]
    return browser.post(
        QUEUE, {"action": action, "_selected_action": selected, **fields}, follow=True
    )


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def state(version: KernelVersion) -> str:
    version.refresh_from_db()
    return version.state


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
    with django_assert_max_num_queries(9):
        text(root.get(changelist(model)))


@pytest.mark.parametrize("model", [Kernel, KernelVersion, Trajectory])
def test_pages_take_no_more_queries_for_more_parts(
    root: Browser,
    candidate: KernelVersion,
    model: type[Model],
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    client = Client.objects.get()
    candidate.sources.add(*[add_trajectory(client=client) for _ in range(5)])
    for number in range(3, 8):
        add_version(kernel=candidate.kernel, number=number)
    for row in model._default_manager.all()[:3]:
        with django_assert_max_num_queries(14):
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
    for row in (candidate, Trajectory.objects.all()[0]):
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
        change(Trajectory.objects.all()[0]),
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
    page = text(root.get(change(Trajectory.objects.all()[0])))
    for words in ("valid", "Verification", "no kernel is near", "810 ms"):
        assert words in page


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


@pytest.mark.parametrize("model", [*MODELS, User])
@pytest.mark.parametrize("pk", ["nonsense", "9" * 30])
def test_an_action_on_a_broken_id_changes_nothing_and_says_so(
    root: Browser, candidate: KernelVersion, model: type[Model], pk: str
) -> None:
    action = {KernelVersion: "approve_selected", ApiKey: "revoke_selected"}.get(
        model, "delete_selected"
    )
    for index in ({}, {"index": "0"}):  # without and with the list's own button
        post = {"action": action, "_selected_action": [pk, pk], **index}
        page = text(root.post(changelist(model), post, follow=True))
        if pk == "nonsense":
            assert "The selection could not be read. Nothing was changed." in page
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


def test_a_key_is_shown_once_when_it_is_issued(root: Browser) -> None:
    client = Client.objects.create(name="app")
    url = reverse("admin:trajectories_apikey_add")
    response = root.post(url, {"client": client.pk, "label": "server"})
    found = re.search(r"kw-[\w-]{43}", text(response))
    assert found is not None
    key = find_key(found[0])
    assert key is not None
    assert (key.client, key.label) == (client, "server")
    assert found[0] not in str(response.cookies)
    for page in (changelist(ApiKey), change(key), f"{change(key)[:-7]}history/"):
        shown = text(root.get(page))
        assert found[0] not in shown
        assert key.digest not in shown


def test_a_revoked_key_stops_working(root: Browser) -> None:
    key, secret = issue_key(client=Client.objects.create(name="app"), label="server")
    fields = {"action": "revoke_selected", "_selected_action": [key.pk]}
    assert "Revoked: 1." in text(root.post(changelist(ApiKey), fields, follow=True))
    assert find_key(secret) is None


def test_a_viewer_neither_issues_nor_revokes_keys(viewer: Browser) -> None:
    key, secret = issue_key(client=Client.objects.create(name="app"), label="server")
    viewer.post(
        changelist(ApiKey), {"action": "revoke_selected", "_selected_action": [key.pk]}, follow=True
    )
    assert find_key(secret) is not None
    assert viewer.get(reverse("admin:trajectories_apikey_add")).status_code == 403


@pytest.mark.parametrize(("quota", "taken"), [("0", False), ("1", True), ("", True)])
def test_a_quota_is_at_least_one_or_none(root: Browser, quota: str, taken: bool) -> None:
    client = Client.objects.create(name="app")
    response = root.post(change(client), {"name": "app", "requests_per_minute": quota})
    assert response.status_code == (302 if taken else 200)
    client.refresh_from_db()
    assert client.active is not taken  # the form left the box empty, if it was saved


def test_a_client_can_be_changed_and_not_deleted(root: Browser) -> None:
    client = Client.objects.create(name="app")
    fields = {"name": "app", "requests_per_minute": "60"}
    assert root.post(change(client), fields).status_code == 302
    client.refresh_from_db()
    assert (client.active, client.requests_per_minute) == (False, 60)
    assert root.get(change(client).replace("/change/", "/delete/")).status_code == 403
