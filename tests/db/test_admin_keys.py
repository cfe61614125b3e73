"""Clients and their keys in the admin, over HTTP."""

import re

import pytest
from django.test import Client as Browser
from django.urls import reverse

from kernels.models import (
    KernelVersion,
)
from tests.db.admin_browser import (
    candidate,
    change,
    changelist,
    root,
    text,
    viewer,
)
from trajectories.access import find_key, issue_key
from trajectories.models import ApiKey, Client

__all__ = ["candidate", "root", "viewer"]
State = KernelVersion.State
pytestmark = pytest.mark.django_db


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
