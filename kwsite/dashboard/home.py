"""The admin's first page: today at a glance. Read from rollups, so that no traffic slows it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from kwsite.dashboard.home_cards import figure_cards
from kwsite.dashboard.home_charts import latency_chart, requests_chart, routes_table
from kwsite.dashboard.period import Period, period_of
from kwsite.dashboard.queues import look_at_queues
from kwsite.dashboard.waiting import waits_for
from training.models import TrainingNode
from trajectories.models import Rollup, RollupProgress, Run, StaleHour
from trajectories.rollups import HOUR, hour_of
from trajectories.traffic import slots_of, traffic

TODAY = 1  # day, unless another time is asked for
NODES = 20
OVERDUE = timedelta(minutes=3)  # without the task that keeps the rollups
MOST_RUNS = 1000


def home_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold's index is given: each card only for those who may see what it is about."""
    may = request.user.has_perm
    period = period_of(request, usual=TODAY)
    context.update(period.as_context())
    context["title"] = "Today at a glance"
    context["waiting"] = waits_for(request)
    if may("trajectories.view_trajectory"):
        context.update(_traffic(request, period))
    if may("trajectories.view_run"):
        context.update(queues=look_at_queues(), shows_queues=True, **_accepted())
    if may("training.view_trainingnode"):
        nodes = list(TrainingNode.objects.order_by("-heard_at")[:NODES])
        context.update(nodes=nodes, shows_nodes=True)
    return context


def _traffic(request: HttpRequest, period: Period) -> dict[str, Any]:
    now = timezone.now()
    slots = slots_of(days=period.days, now=now)
    found = traffic(slots, period.client.pk if period.client else None)
    progress = RollupProgress.objects.first()
    return {
        "shows_traffic": True,
        "since": slots.begin,
        "hourly": slots.span == Rollup.Span.HOUR,
        "cards": figure_cards(found, period),
        "any_ever": bool(found.routes) or Rollup.objects.exists(),
        "first_call": request.build_absolute_uri("/v1/chat/completions"),
        "requests_chart": requests_chart(found) if found.routes else None,
        "latency_chart": latency_chart(found) if found.routes else None,
        "routes_table": routes_table(found, period),
        "kept_at": progress.kept_at if progress else None,
        "counted_from": progress.counted_from if progress else None,
        "overdue": _overdue(progress, now),
        "behind": _is_behind(now),
    }


def _overdue(progress: RollupProgress | None, now: datetime) -> bool:
    """Whether hours wait to be counted and nobody has counted for a while."""
    kept = progress.kept_at if progress else None
    return (kept is None or now - kept > OVERDUE) and StaleHour.objects.exists()


def _is_behind(now: datetime) -> bool:
    """Whether hours before the current one and the last wait to be counted."""
    return StaleHour.objects.filter(hour__lt=hour_of(now) - HOUR).exists()


def _accepted() -> dict[str, str]:
    """Runs that wait, and that are in work; by the database, which knows also without a broker."""
    return {
        "runs_queued": _at_most(Run.objects.filter(status=Run.Status.QUEUED)),
        "runs_running": _at_most(Run.objects.filter(status=Run.Status.RUNNING)),
    }


def _at_most(runs: QuerySet[Run]) -> str:
    number = runs.order_by()[: MOST_RUNS + 1].count()
    return f"more than {MOST_RUNS:,}" if number > MOST_RUNS else f"{number:,}"
