"""Answers that operators judge where they look at them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client as Browser

from tests.db.admin_browser import changelist, root, text, viewer
from tests.db.test_labelling import add_search
from training.models import LabelItem, WorkerDelta
from trajectories.models import Client, Feedback, SearchRecord, Trajectory

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db


def act(browser: Browser, action: str, row: Model) -> Any:
    post = {"action": action, "_selected_action": [str(row.pk)]}
    return browser.post(changelist(type(row)), post, follow=True)


@pytest.mark.parametrize("model", [Trajectory, SearchRecord])
def test_an_operator_judges_an_answer(root: Browser, client: Client, model: type[Model]) -> None:
    trajectory = add_search(client)
    row = trajectory if model is Trajectory else SearchRecord.objects.get()
    assert "Judged: 1." in text(act(root, "deny_selected", row))
    said = Feedback.objects.get()
    assert (said.verdict, said.client) == ("incorrect", client)
    assert said.comment == "in the admin, by root"
    assert WorkerDelta.objects.get().delta == pytest.approx(-0.05)
    act(root, "approve_selected", row)
    assert Feedback.objects.latest("pk").verdict == "correct"
    assert WorkerDelta.objects.get().delta == pytest.approx(0)


def test_an_operator_puts_an_answer_on_the_labelling_queue_once(
    root: Browser, client: Client
) -> None:
    add_search(client)
    record = SearchRecord.objects.get()
    for count in (2, 0):
        page = text(act(root, "queue_selected", record))
        assert f"Added to the labelling queue: {count}." in page
    items = LabelItem.objects.values_list("label", "picked_by", "reason")
    assert list(items) == [(label, "by hand", "asked for by root") for label in ("worker", "steps")]


def test_a_worker_that_the_router_does_not_know_is_not_put_there(
    root: Browser, client: Client
) -> None:
    add_search(client)
    SearchRecord.objects.update(worker="poetry")
    assert "queue: 0." in text(act(root, "queue_selected", SearchRecord.objects.get()))


def test_who_may_only_look_judges_nothing(viewer: Browser, client: Client) -> None:
    trajectory = add_search(client)
    page = text(viewer.get(changelist(SearchRecord)))
    assert "The answer is wrong" not in page
    for row in (trajectory, SearchRecord.objects.get()):
        for action in ("approve_selected", "deny_selected", "queue_selected"):
            act(viewer, action, row)
    assert not Feedback.objects.exists()
    assert not LabelItem.objects.exists()


def test_who_may_add_feedback_judges(viewer: Browser, client: Client) -> None:
    User.objects.get().user_permissions.add(Permission.objects.get(codename="add_feedback"))
    add_search(client)
    page = text(act(viewer, "approve_selected", SearchRecord.objects.get()))
    assert "Judged: 1." in page
    assert "Put on the labelling queue" not in page
