"""A browser for each role, and a row of every model of the admin for them to look at."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client as Browser
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from kernels.models import KernelVersion
from kwsite.roles import ROLES, grant_roles
from training.models import NightlySettings, TrainingNode


@pytest.fixture
def browsers() -> dict[str, Browser]:
    """Of one who has the role, by its name."""
    grant_roles(apps)
    found = {}
    for role in ROLES:
        user = User.objects.create_user(role.replace(" ", "-"), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        found[role] = Browser()
        found[role].force_login(user)
    return found


@pytest.fixture
def rows(candidate: KernelVersion) -> None:
    """The node fell silent, so that it may be deleted."""
    now = timezone.now()
    every = IntervalSchedule.objects.create(every=2, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(
        name="sweep", task="workers.tasks.answering.sweep_runs", interval=every
    )
    ClockedSchedule.objects.create(clocked_time=now)
    CrontabSchedule.objects.create(hour="3")
    SolarSchedule.objects.create(event="sunset", latitude=52, longitude=13)
    NightlySettings.objects.get_or_create(pk=1)  # a test that empties tables may have gone before
    TrainingNode.objects.update(heard_at=now - timedelta(days=1))
