"""A reviewer's browser, and the addresses of what reviewers do."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser

from kernels.models import KernelVersion, ReviewAction
from tests.db.admin_browser import (
    QUEUE,
)


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
