"""The page of a run says how far it has come, and leads to its story once there is one."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.db.admin_browser import change, root, text
from tests.db.rows import chat, queued_run
from tests.kernel_rows import add_trajectory
from trajectories.models import Client, Run

__all__ = ["root"]
pytestmark = pytest.mark.django_db
ERROR = {
    "status": 502,
    "type": "server_error",
    "code": "model_server_garbage",
    "message": "The model server sent <b>garbage</b>.",
    "retry_after_s": None,
}


def in_state(client: Client, status: Run.Status, **fields: object) -> Run:
    run = queued_run(client, chat("What is 2 + 2?"))
    Run.objects.filter(pk=run.pk).update(status=status, **fields)
    run.refresh_from_db()
    return run


def test_a_finished_run_leads_to_its_story(root: Browser, client: Client) -> None:
    trajectory = add_trajectory(client=client)
    page = text(root.get(change(trajectory.answered_run)))
    assert change(trajectory) in page
    assert "the whole story" in page


def test_a_waiting_run_says_what_happens_next(root: Browser, client: Client) -> None:
    page = text(root.get(change(in_state(client, Run.Status.QUEUED))))
    assert "It waits in the queue." in page
    assert "no worker is running" in page
    assert "What is 2 + 2?" in page
    again = text(root.get(change(in_state(client, Run.Status.QUEUED, attempts=2))))
    assert "2 of 3 attempts were made; their workers died." in again


def test_a_run_in_work_says_who_has_it_and_until_when(root: Browser, client: Client) -> None:
    held = {"claimed_by": "host-1", "attempts": 1, "lease_expires_at": timezone.now()}
    page = text(root.get(change(in_state(client, Run.Status.RUNNING, **held))))
    assert "Worker host-1 is at it, in attempt 1 of 3." in page
    assert "the sweep gives the run to another worker" in page


def test_a_failed_run_says_why(root: Browser, client: Client) -> None:
    failed = {"error": ERROR, "attempts": 1, "finished_at": timezone.now()}
    page = text(root.get(change(in_state(client, Run.Status.FAILED, **failed))))
    assert "The model server sent &lt;b&gt;garbage&lt;/b&gt;." in page
    assert "model_server_garbage" in page
    assert "is not tried again by itself" in page


def test_a_cancelled_run_says_so(root: Browser, client: Client) -> None:
    page = text(root.get(change(in_state(client, Run.Status.CANCELLED, error=ERROR))))
    assert "Nothing happens next." in page


def test_its_request_and_reply_can_be_had_in_full(root: Browser, client: Client) -> None:
    run = add_trajectory(client=client, prompt="z" * 20_000).answered_run
    page = text(root.get(change(run)))
    for part, words in (("request", "z" * 20_000), ("response", "ada@"), ("decision", "route")):
        address = reverse("admin:trajectories_run_whole", args=[run.pk, part])
        assert words in text(root.get(address))
        assert (address in page) == (part == "request")  # what was not cut needs no way to it
    assert root.get(reverse("admin:trajectories_run_whole", args=[run.pk, "x"])).status_code == 404
