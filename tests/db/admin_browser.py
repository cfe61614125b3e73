"""A browser in the admin, who is signed in, and rows to look at."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from kernels.models import (
    Calibration,
    KernelVersion,
    RoutingHead,
)
from kernels.review import approve_candidate
from tests.cache_rows import add_cache_rows
from tests.composition_rows import add_composition_row, add_plan_run_row
from tests.db.adapter_rows import adapter_in
from tests.db.agent_rows import session, shell, turn
from tests.kernel_rows import add_trajectory, add_version
from tests.learning_rows import add_learning_rows
from tests.skill_rows import add_skill_rows
from tests.training_rows import add_node, add_run, claimed
from training.models import NightlyPlan, NightlyStep
from trajectories.access import issue_key
from trajectories.models import Client, Feedback, ReceiptKey

QUEUE = "/admin/kernels/kernelversion/"
State = KernelVersion.State


def add_family(number: int) -> KernelVersion:
    """A client's traffic, what was learned from it, and an approved second version."""
    client = Client.objects.create(name=f"app-{number}")
    issue_key(client=client, label="server")
    traces = [add_trajectory(client=client, prompt=f"Write to <b>{n}</b>@x.org") for n in range(2)]
    Feedback.objects.create(client=client, trajectory=traces[0], rating=4, comment="fine")
    candidate = add_version(sources=traces)
    approved = add_version(sources=traces, kernel=candidate.kernel, number=2)
    approve_candidate(version=approved, user=User.objects.get(username="root"))
    add_learning_rows(trajectory=traces[0], number=number)
    shell(turn(session(client), "Mend the <b>test</b>."), "make test")
    add_cache_rows(source=traces[0], reuse=traces[1], number=number)
    add_skill_rows(client=client, trajectory=traces[0])
    composition = add_composition_row(client=client)
    add_plan_run_row(composition=composition, client=client)
    adapter_in("live", client)
    plan = NightlyPlan.objects.create(key=f"night {number}")
    NightlyStep.objects.create(plan=plan, place=0, kind="prm", reason="<b>too few</b>")
    claimed(add_run(client), node=add_node(f"node-{number}@host"))
    ReceiptKey.objects.create(pk=f"key-{number}", public_key="A" * 43)
    return candidate


@pytest.fixture
def candidate(root: Browser) -> KernelVersion:
    Calibration.objects.create(
        encoder_digest="e" * 64, data_digest="d" * 64, weights={"bias": 0.1}, metrics={"auc": 0.9}
    )
    RoutingHead.objects.create(
        state="rejected",
        encoder_digest="e" * 64,
        data_digest="d" * 64,
        ceiling=0.1,
        weights=b"w",
        trust={},
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
