"""What the clock does for learning, and when next."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask

from kwsite.dashboard.moments import when
from trajectories.markup import badge, link, table

LEARNING = ("nightly", "learning", "training", "rollout")  # of workers.tasks
MOST = 50


def schedule_table(request: HttpRequest) -> SafeString | str:
    """Of the tasks that learn, train and roll out; empty before the clock has run once.

    To those who may see periodic tasks.
    """
    if not request.user.has_perm("django_celery_beat.view_periodictask"):
        return "You may not see the schedule."
    learning = Q()
    for name in LEARNING:
        learning |= Q(task__startswith=f"workers.tasks.{name}.")
    tasks = PeriodicTask.objects.filter(learning)
    rows = [
        _row(task, request)
        for task in tasks.select_related("interval", "crontab", "solar", "clocked").order_by(
            "name"
        )[:MOST]
    ]
    return table(["", "when", "last", "next", ""], rows) if rows else ""


def next_time(task: PeriodicTask, now: datetime) -> datetime | None:
    """When the clock sends it next; None for one that is switched off."""
    if not task.enabled:
        return None
    if task.clocked is not None:
        due: datetime = task.clocked.clocked_time
        return due
    since = task.last_run_at or task.date_changed or now
    left: timedelta = task.schedule.remaining_estimate(since)
    # The clock that the rest is counted from has gone on since `now`, by less than a second.
    return max(now, (now + left + timedelta(seconds=0.5)).replace(microsecond=0))


def _row(task: PeriodicTask, request: HttpRequest) -> list[Any]:
    url = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    may_change = request.user.has_perm("django_celery_beat.change_periodictask")
    rhythm = task.interval or task.crontab or task.solar or task.clocked
    due = next_time(task, timezone.now())
    return [
        task.name,
        str(rhythm),
        when(task.last_run_at),
        when(due) if due else badge("off", "warning"),
        link(url, "Edit") if may_change else "",
    ]
