"""Whatever somebody changes in the admin is in the history, with who did it."""

import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import F, Model
from django.test import Client as Browser
from django.urls import reverse
from django.utils.timezone import now

from kernels.compositions import add_composition
from kernels.models import Composition, KernelVersion
from kernels.shadow_models import RoutingSwitch
from tests.composition_rows import add_live_kernel, kernel, plan_of
from tests.db.admin_browser import candidate, change, changelist, root
from tests.db.reviewing_browser import at, grace
from tests.db.role_browsers import browsers, rows
from tests.db.role_table import ACTIONS
from training.models import LabelItem, NightlyPlan, StepExample
from trajectories.access import find_key
from trajectories.models import ApiKey, Client, Trajectory

__all__ = ["browsers", "candidate", "grace", "root", "rows"]
pytestmark = pytest.mark.django_db
SERVED = {"put_selected_into_service": "shadow", "take_selected_out_of_service": "live"}


@pytest.mark.parametrize("label", ACTIONS)
def test_what_an_action_changes_is_in_the_history(
    browsers: dict[str, Browser], rows: None, label: str
) -> None:
    model = apps.get_model(label)
    for action in ACTIONS[label]:
        with transaction.atomic():  # each finds what the others found
            assert_logged(browsers["admin"], model, action)
            transaction.set_rollback(True)


def assert_logged(browser: Browser, model: type[Model], action: str) -> None:
    post = {"action": action, "_selected_action": [str(row_for(model, action).pk)]}
    post |= {"reason": "tried", "apply": "yes", "post": "yes"}  # what the pages between ask for
    page = browser.post(changelist(model), post, follow=True)
    assert page.status_code == 200
    said = [str(message) for message in page.context["messages"]]
    newest = LogEntry.objects.order_by("-pk").first()
    assert newest is not None, (action, said)
    assert newest.user.username == "admin"


def row_for(model: type[Model], action: str) -> Model:
    """A row that the action applies to."""
    if model is Group:
        Group.objects.create(name="night shift")
    if model is Composition:
        live = add_live_kernel("entitle", {"title": {"type": "string"}})
        add_composition(plan=plan_of(kernel(live.kernel.name)), client=None)
    row = model._default_manager.order_by("pk").last()
    if model is Composition:
        row = Composition.objects.get(client=None)
    assert row is not None
    state = SERVED.get(action)
    for decision in getattr(admin.site._registry[model], "decisions", {}).values():
        if decision.action == action:
            state = decision.applies_to[0]
    if state and model is not Trajectory:  # whose state is whether it was closed
        others = model._default_manager.exclude(pk=row.pk)
        others.update(state="rejected" if model is KernelVersion else F("state"))
        model._default_manager.filter(pk=row.pk).update(state=state)
    return row


def test_switching_who_chooses_skills_is_in_the_history(
    browsers: dict[str, Browser], client: Client
) -> None:
    RoutingSwitch.objects.create(
        client=client, serving="vector", changed_by="root", reason="tried", figures={}
    )
    page = reverse("admin:kernels_skill_routing") + f"?client={client.pk}"
    browsers["operator"].post(page, {"serving": "regex", "reason": "too slow"})
    assert LogEntry.objects.get().change_message == "too slow"


def test_a_plan_begun_by_hand_is_in_the_history(browsers: dict[str, Browser]) -> None:
    page = reverse("admin:training_nightlyplan_train_now")
    assert browsers["ML engineer"].get(page).status_code == 200
    assert not NightlyPlan.objects.exists()  # looking at the dialog begins nothing
    browsers["ML engineer"].post(page, {"_form_submitted": "on"})
    assert LogEntry.objects.get().object_id == str(NightlyPlan.objects.get().pk)


def test_a_label_is_in_the_history(browsers: dict[str, Browser], rows: None) -> None:
    item = LabelItem.objects.get()
    browsers["ML engineer"].post(change(item), {"right_worker": "math"})
    item.refresh_from_db()
    assert item.state == "done"
    assert LogEntry.objects.get().object_id == str(item.pk)


def test_a_step_s_score_is_in_the_history(browsers: dict[str, Browser], rows: None) -> None:
    example = StepExample.objects.get()
    browsers["operator"].post(change(example), {"human_score": "0.25"})
    example.refresh_from_db()
    assert example.human_score == 0.25
    assert LogEntry.objects.get().object_id == str(example.pk)


def test_a_new_key_is_in_the_history_without_its_secret(
    browsers: dict[str, Browser], client: Client
) -> None:
    page = changelist(ApiKey) + "add/"
    shown = browsers["operator"].post(page, {"client": client.pk, "label": "server"})
    entry = LogEntry.objects.get()
    assert entry.object_id == str(ApiKey.objects.get().pk)
    secret = shown.content.decode().split(" is the new key of ")[0].split()[-1].split(">")[-1]
    assert find_key(secret) is not None
    assert secret not in f"{entry.object_repr} {entry.change_message}"


def test_what_reviewers_ask_for_is_in_the_history(
    root: Browser, grace: Browser, candidate: KernelVersion
) -> None:
    def said() -> str:
        entry = LogEntry.objects.order_by("-pk")[0]
        assert entry.user.username == "root"
        return entry.change_message

    candidate.replays.update(state="done", finished_at=now())
    root.post(at(candidate, "replay"))
    assert said() == "A fresh replay is in the queue."
    first = {"verdict": "approve", "reason": "fine", "asked": User.objects.get(username="grace").pk}
    root.post(at(candidate, "second"), first)
    assert said() == "Second reviewer asked."
    root.post(at(candidate, "second/withdraw"))
    assert said() == "Second review withdrawn."
    kept = [one for one in candidate.spec["postconditions"] if one["kind"] != "judge"]
    edited = {"preconditions": "[]", "postconditions": json.dumps(kept), "reason": "simpler"}
    root.post(at(candidate, "edit-contract"), edited)
    assert said() == f"Contract edited, from v{candidate.number}."
