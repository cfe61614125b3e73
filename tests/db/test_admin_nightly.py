"""The nightly plan in the admin: begun once more, cancelled, and by those who may."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.db.admin_browser import root, viewer
from training.models import NightlyPlan, NightlyStep
from workers.nightly import admin as nightly_admin

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
LIST = reverse("admin:training_nightlyplan_changelist")
TRAIN = reverse("admin:training_nightlyplan_train_now")
BY_SCRIPT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often plans were asked to go on."""
    found: list[str] = []
    monkeypatch.setattr(nightly_admin, "ask_to_advance", lambda: found.append("asked"))
    return found


def test_a_plan_is_begun_after_a_question(root: Browser, asked: list[str]) -> None:
    assert "Train now?" in root.get(TRAIN).content.decode()
    assert not NightlyPlan.objects.exists()
    response = root.post(TRAIN, {"_form_submitted": "True"}, headers=BY_SCRIPT)
    plan = NightlyPlan.objects.get()
    assert response.headers["HX-Redirect"] == reverse(
        "admin:training_nightlyplan_change", args=[plan.pk]
    )
    assert asked == ["asked"]
    page = root.get(response.headers["HX-Redirect"]).content.decode()
    assert "calibrator" in page
    NightlyPlan.objects.update(key="a minute ago")
    again = root.post(TRAIN, {"_form_submitted": "True"}, headers=BY_SCRIPT)
    assert again.headers["HX-Redirect"] == LIST
    assert "is running" in root.get(LIST).content.decode()
    assert NightlyPlan.objects.count() == 1


def test_a_form_without_a_script_leads_to_the_plan(root: Browser, asked: list[str]) -> None:
    response = root.post(TRAIN, {"_form_submitted": "True"})
    plan = NightlyPlan.objects.get()
    page = reverse("admin:training_nightlyplan_change", args=[plan.pk])
    assert (response.status_code, response.headers["Location"]) == (302, page)
    assert asked == ["asked"]


def test_a_running_plan_can_be_cancelled_and_a_done_one_cannot(root: Browser) -> None:
    running = NightlyPlan.objects.create(key="running")
    NightlyStep.objects.create(plan=running, place=0, kind="prm")
    NightlyPlan.objects.create(key="done", state=NightlyPlan.State.DONE)
    selected = list(NightlyPlan.objects.values_list("pk", flat=True))
    response = root.post(
        LIST, {"action": "cancel_selected", "_selected_action": selected}, follow=True
    )
    page = response.content.decode()
    assert "Cancelled: 1." in page
    assert "Only running plans can be cancelled." in page
    running.refresh_from_db()
    assert running.state == NightlyPlan.State.CANCELLED
    assert running.steps.get().state == NightlyStep.State.SKIPPED


def test_who_may_only_look_begins_nothing(viewer: Browser) -> None:
    assert viewer.post(TRAIN, {"_form_submitted": "True"}).status_code == 403
    assert not NightlyPlan.objects.exists()
