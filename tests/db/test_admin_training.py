"""The operator's pages of fine-tuning runs and nodes."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser
from django.utils import timezone

from tests.db.admin_browser import change, changelist, root, text, viewer
from tests.training_rows import WORKER, add_node, add_run, claimed
from training.lora.journal import Journal
from training.lora.models import LoraRun
from training.lora.runs import ask_to_cancel, note_progress
from training.lora.trainer import Progress
from training.nodes.models import TrainingNode
from trajectories.models import Client

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
LIST = "/admin/training/lorarun/"


def running(client: Client, **fields: Any) -> LoraRun:
    run = claimed(add_run(client, **fields), node=add_node("node-a@host"))
    journal = Journal()
    for iteration in (1, 2, 3, 4):
        valid = 2.5 if iteration == 4 else None
        line = f"iteration {iteration} <b>"
        journal.tell(Progress(iteration, 3 / iteration, valid, 1234.5, None, line))
    assert note_progress(run=run, worker=WORKER, journal=journal)
    run.refresh_from_db()
    return run


def act(browser: Browser, run: LoraRun, **fields: str) -> str:
    post = {"action": "cancel_selected", "_selected_action": str(run.pk), **fields}
    return text(browser.post(LIST, post, follow=True))


def test_the_list_shows_how_far_a_run_is(root: Browser, client: Client) -> None:
    running(client)
    page = text(root.get(LIST))
    for words in ("titles", "running", "4 of 10", "width: 40%", "1,234", "node-a@host"):
        assert words in page


def test_the_page_draws_the_curve_and_shows_job_and_log(root: Browser, client: Client) -> None:
    page = text(root.get(change(running(client))))
    drawn = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert drawn is not None
    training, validation = re.findall(r'points="([^"]*)"', drawn[0])
    assert (len(training.split()), len(validation.split())) == (4, 1)
    assert "http" not in drawn[0]
    for words in ("learning_rate", "iteration 4 &lt;b&gt;", "node-a@host", "1,234"):
        assert words in page


def test_a_run_that_has_not_begun_has_a_page(root: Browser, client: Client) -> None:
    assert "No loss was told yet." in text(root.get(change(add_run(client))))


def test_a_queued_run_is_cancelled_in_one_post_with_who_and_why(
    root: Browser, client: Client
) -> None:
    run = add_run(client)
    assert "Cancelled: 1." in act(root, run, reason="the wrong data")
    run.refresh_from_db()
    assert (run.state, run.reason) == ("cancelled", "Cancelled by root: the wrong data")
    assert LogEntry.objects.get().change_message == "Cancelled. the wrong data"


def test_a_running_run_is_being_cancelled(root: Browser, client: Client) -> None:
    run = running(client)
    assert f"{LIST}{run.pk}/decide/cancel/" in text(root.get(change(run)))
    act(root, run)
    page = text(root.get(change(run)))
    assert "being cancelled" in page
    assert "/decide/cancel/" not in page


def test_what_has_ended_cannot_be_cancelled(root: Browser, client: Client) -> None:
    run = add_run(client)
    ask_to_cancel(run=run, by="ann")
    assert "it has ended" in act(root, run)
    assert "/decide/cancel/" not in text(root.get(change(run)))


def test_who_may_only_view_cancels_nothing(viewer: Browser, client: Client) -> None:
    run = add_run(client)
    post = {"action": "cancel_selected", "_selected_action": str(run.pk)}
    assert viewer.post(LIST, post).status_code == 403
    run.refresh_from_db()
    assert run.state == "queued"
    assert "/decide/cancel/" not in text(viewer.get(change(run)))
    assert viewer.get(f"{LIST}{run.pk}/decide/cancel/").status_code == 403


def test_who_may_change_runs_may_cancel_them(client: Client) -> None:
    operator = User.objects.create_user("operator", is_staff=True)
    names = ("view_lorarun", "change_lorarun")
    operator.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser, run = Browser(), add_run(client)
    browser.force_login(operator)
    act(browser, run)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert browser.post(change(run), {}).status_code == 403


def test_nodes_say_what_they_have_and_whether_they_live(root: Browser, client: Client) -> None:
    run = running(client)
    long_ago = timezone.now() - timedelta(hours=1)
    hardware = {"accelerator": "H100", "accelerator_memory_mib": 81920, "memory_mib": 1024}
    gone = add_node("node-b@host", device="gpu", heard_at=long_ago, hardware=hardware)
    page = text(root.get(changelist(TrainingNode)))
    for words in ("alive", "silent", "H100, 80 GiB", "8 GiB, 2 cores", change(run), change(gone)):
        assert words in page


def test_only_a_node_that_is_silent_can_be_deleted(root: Browser, client: Client) -> None:
    run = running(client)
    assert run.node is not None
    delete = change(run.node).replace("/change/", "/delete/")
    assert root.post(delete, {"post": "yes"}).status_code == 403
    TrainingNode.objects.update(heard_at=timezone.now() - timedelta(hours=1))
    root.post(delete, {"post": "yes"})
    run.refresh_from_db()
    assert TrainingNode.objects.count() == 0
    assert run.node_id is None
