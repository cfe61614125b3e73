"""The training page: what runs, followed live, and what came of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from pytest_django import DjangoAssertNumQueries

from kwsite.dashboard.beat_schedule import next_time
from kwsite.dashboard.moments import lasting
from kwsite.dashboard.training_now import time_left
from tests.db.adapter_rows import adapter_in
from tests.db.admin_browser import root, text, viewer
from tests.training_rows import add_node, add_run, claimed
from training.adapters.models import Adapter
from training.models import LoraRun, NightlyPlan, NightlyStep, Snapshot
from trajectories.models import Client

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
PAGE = reverse("dashboard_training")
NOW = reverse("dashboard_training_now")
GATE = {
    "prompts": 20,
    "before": 0.5,
    "after": 0.75,
    "wins": 6,
    "losses": 1,
    "gain_bound": 0.05,
    "against": "the base model",
}


def running(client: Client, iteration: int = 4) -> LoraRun:
    run = claimed(add_run(client), node=add_node())
    LoraRun.objects.filter(pk=run.pk).update(
        iteration=iteration, curve=[[1, 2.0, None], [4, 1.0, 1.5]], tokens_per_s=1234.0
    )
    return run


def ended_plan() -> NightlyPlan:
    plan = NightlyPlan.objects.create(
        key="night of yesterday", state=NightlyPlan.State.DONE, finished_at=timezone.now()
    )
    for place, (kind, state, reason) in enumerate(
        (
            ("calibrator", "skipped", "3 judged answers; 50 are needed."),
            ("evaluate", "failed", "The adapter <b>cannot</b> be compared."),
        )
    ):
        NightlyStep.objects.create(plan=plan, place=place, kind=kind, state=state, reason=reason)
    return plan


def net(state: str) -> Snapshot:
    return Snapshot.objects.create(
        kind="prm",
        state=state,
        digest=state,
        encoder_digest="e",
        data_digest="d",
        file="prm/x.safetensors",
        reason="no gain" if state == "rejected" else "",
        metrics={"held_out": 12, "comparison": {"live_loss": 0.6, "challenger_loss": 0.5}},
    )


def test_what_runs_is_shown_with_its_progress_and_curve(root: Browser, client: Client) -> None:
    run = running(client)
    part = text(root.get(NOW))
    assert 'data-active="yes"' in part
    assert 'aria-valuenow="40"' in part
    assert "4 of 10" in part
    assert "1,234 tokens/s" in part
    assert "loss by iteration" in part
    assert reverse("admin:training_lorarun_decide", args=[run.pk, "cancel"]) in part
    assert "<html" not in part
    whole = text(root.get(PAGE))
    assert f'data-follow="{NOW}"' in whole
    assert "kwsite/follow.js" in whole
    assert 'data-active="yes"' in whole


def test_the_part_says_when_all_has_ended(root: Browser, client: Client) -> None:
    run = running(client)
    LoraRun.objects.filter(pk=run.pk).update(state="done", finished_at=timezone.now())
    part = text(root.get(NOW))
    assert 'data-active="no"' in part
    assert "Nothing trains now" in part


def test_a_running_plan_is_shown_and_cancelled_by_its_action(root: Browser) -> None:
    plan = NightlyPlan.objects.create(key="tonight")
    NightlyStep.objects.create(plan=plan, place=0, kind="prm", reason="waits for a turn")
    part = text(root.get(NOW))
    assert "waits for a turn" in part
    assert "Cancel the plan" in part
    assert 'name="_form_submitted"' not in text(root.get(PAGE))
    target = reverse("admin:training_nightlyplan_changelist")
    root.post(target, {"action": "cancel_selected", "_selected_action": str(plan.pk)})
    plan.refresh_from_db()
    assert plan.state == NightlyPlan.State.CANCELLED


def test_the_last_night_says_why_each_step_ended_as_it_did(root: Browser) -> None:
    ended_plan()
    page = text(root.get(PAGE))
    assert "3 judged answers; 50 are needed." in page
    assert "&lt;b&gt;cannot&lt;/b&gt;" in page


def test_adapters_stand_by_family_with_what_may_be_decided(root: Browser, client: Client) -> None:
    live = adapter_in("live", client)
    Adapter.objects.filter(pk=live.pk).update(metrics={"gate": GATE})
    canary = adapter_in("canary", client, digest="2" * 64)
    page = text(root.get(PAGE))
    assert "Colours of things" in page
    for adapter, name in ((live, "roll-back"), (canary, "promote"), (canary, "reject")):
        assert reverse("admin:training_adapter_decide", args=[adapter.pk, name]) in page
    assert "what answers the rest 0 of 0" in page
    assert "+25%" in page
    assert "+5.0%" in page


def test_nets_can_be_served_and_say_why_they_are_not(root: Browser) -> None:
    for state in ("live", "shadow", "rejected"):
        net(state)
    page = text(root.get(PAGE))
    assert "no gain" in page
    assert "take_selected_out_of_service" in page
    assert "put_selected_into_service" in page
    assert ">12<" in page


def test_nodes_say_what_they_are_and_do(root: Browser, client: Client) -> None:
    claimed(add_run(client), node=add_node("gpu@host", device="gpu"))
    add_node("old@host", heard_at=timezone.now() - timedelta(days=1))
    page = text(root.get(PAGE))
    assert "gpu@host" in page
    assert "torch 2" in page
    assert "silent" in page


def test_an_empty_page_says_what_to_do(root: Browser) -> None:
    page = text(root.get(PAGE))
    for said in ("Nothing trains now", "No node has registered", "There is no adapter yet"):
        assert said in page
    assert "The clock has not run yet" in page
    assert "Train now" in page


def test_the_schedule_tells_the_next_time(root: Browser) -> None:
    every = IntervalSchedule.objects.create(every=30, period=IntervalSchedule.SECONDS)
    at_night = CrontabSchedule.objects.create(minute="30", hour="2", timezone="UTC")
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    often = PeriodicTask(
        name="a", task="workers.tasks.learning.learn_net", interval=every, last_run_at=now
    )
    nightly = PeriodicTask(
        name="begin the nightly plan",
        task="workers.tasks.nightly.start_night",
        crontab=at_night,
        last_run_at=timezone.now(),
    )
    nightly.save()
    due = next_time(nightly, timezone.now())
    assert due is not None
    assert (due.hour, due.minute) == (2, 30)
    assert timedelta(0) < due - timezone.now() <= timedelta(days=1)
    assert next_time(often, now) == now  # overdue since 2026, as the clock stood still
    nightly.enabled = False
    assert next_time(nightly, now) is None
    PeriodicTask.objects.create(name="sweep", task="workers.tasks.answering.sweep", interval=every)
    page = text(root.get(PAGE))
    assert "begin the nightly plan" in page
    assert f"{due:%Y-%m-%d} 02:30" in page
    assert "sweep" not in page.split("Schedule")[-1]


def test_who_may_only_look_gets_no_buttons(viewer: Browser, client: Client) -> None:
    running(client)
    live = adapter_in("live", client)
    net("live")
    page = text(viewer.get(PAGE))
    assert reverse("admin:training_adapter_decide", args=[live.pk, "roll-back"]) not in page
    assert "/decide/cancel/" not in page
    assert "take_selected_out_of_service" not in page
    assert 'name="_form_submitted"' not in page
    assert viewer.post(PAGE).status_code == 405
    assert viewer.post(NOW).status_code == 405


@pytest.mark.parametrize("page", [PAGE, NOW])
def test_who_may_not_look_is_refused(page: str) -> None:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_lorarun"))
    browser = Browser()
    browser.force_login(user)
    assert browser.get(page).status_code == 403
    assert Browser().get(page).status_code == 302


def test_queries_are_bounded(
    root: Browser, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def rows(number: int) -> None:
        run: dict[str, Any] = {"signature": f"{number:064}", "label": f"family {number}"}
        adapter_in("live", client, **run)
        add_run(client)

    for number in range(14):
        rows(number)
    with django_assert_max_num_queries(25):
        root.get(NOW)
    with django_assert_max_num_queries(110):
        root.get(PAGE)


def test_time_left_follows_the_pace() -> None:
    assert time_left(0.25, timedelta(minutes=1)) == timedelta(minutes=3)
    assert time_left(0.0, timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 s"), (65, "1 min 5 s"), (3600, "1 h"), (7320, "2 h 2 min"), (90_000, "1 d 1 h")],
)
def test_spans_are_told_by_their_two_largest_units(seconds: int, said: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == said
