"""What trains right now: a part of the training page, which a script fetches again and again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from kwsite.dashboard.moments import lasting
from kwsite.dashboard.nightly_steps import steps_table
from kwsite.dashboard.page import AdminPage
from training.lora.admin import progress_bar
from training.lora.loss_chart import loss_chart
from training.models import LoraRun, NightlyPlan
from trajectories.markup import link

MOST_RUNS = 8
PERMISSIONS = (
    "training.view_lorarun",
    "training.view_nightlyplan",
    "training.view_adapter",
    "training.view_snapshot",
    "training.view_trainingnode",
)
State = LoraRun.State


@dataclass(frozen=True)
class Running:
    """A fine-tuning that has not ended, as the page shows it."""

    pk: str
    title: SafeString
    state: SafeString
    bar: SafeString
    facts: str
    reason: str
    chart: SafeString
    cancel_url: str  # empty: this user may not, or it is being cancelled


def context(request: HttpRequest) -> dict[str, Any]:
    open_runs = LoraRun.objects.filter(state__in=(State.QUEUED, State.RUNNING))
    rows = open_runs.select_related("node").defer("log", "sources").order_by("-state", "created_at")
    runs = list(rows[: MOST_RUNS + 1])
    plan = NightlyPlan.objects.filter(state=NightlyPlan.State.RUNNING).first()
    return {
        "runs": [_running(request, run) for run in runs[:MOST_RUNS]],
        "more_runs": len(runs) > MOST_RUNS,
        "plan": plan,
        "steps": steps_table(plan) if plan else "",
        "may_cancel_plan": request.user.has_perm("training.add_nightlyplan"),
        "active": bool(runs or plan),
        "at": timezone.localtime(),
    }


def _running(request: HttpRequest, run: LoraRun) -> Running:
    desk: Any = admin.site.get_model_admin(LoraRun)
    may_cancel = "cancel" in desk.decisions_for(request, run)
    url = reverse("admin:training_lorarun_decide", args=[run.pk, "cancel"])
    return Running(
        str(run.pk),
        link(reverse("admin:training_lorarun_change", args=[run.pk]), run.label),
        desk.state_badge(run),
        progress_bar(run),
        _facts(run, timezone.now()),
        run.reason,
        SafeString(loss_chart(run.curve)) if run.curve else SafeString(""),
        url if may_cancel else "",
    )


def _facts(run: LoraRun, now: datetime) -> str:
    found = [run.get_device_display()]
    if run.node is not None:
        found.append(f"on {run.node.name}")
    if run.tokens_per_s is not None:
        found.append(f"{run.tokens_per_s:,.0f} tokens/s")
    if run.state == State.RUNNING and run.started_at is not None:
        found.append(f"for {lasting(now - run.started_at)}")
        left = time_left(run.progress, now - run.started_at)
        found += [f"about {lasting(left)} left"] if left is not None else []
    if run.attempts > 1:
        found.append(f"attempt {run.attempts}")
    return ", ".join(found)


def time_left(progress: float, taken: timedelta) -> timedelta | None:
    """If it goes on as it went; None before the first iteration."""
    return taken * ((1 - min(1.0, progress)) / progress) if progress > 0 else None


PAGE = AdminPage(
    route="console/training/now/",
    name="training_now",
    title="What runs now",
    template="dashboard/training_now.html",
    permissions=PERMISSIONS,
    context=context,
    whole=False,
)
