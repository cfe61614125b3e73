"""People and the schedule in the admin: pages of other apps, which work in our style."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client as Browser
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

pytestmark = pytest.mark.django_db
PAGES = [
    "auth_user",
    "auth_group",
    "django_celery_beat_periodictask",
    "django_celery_beat_intervalschedule",
    "django_celery_beat_crontabschedule",
    "django_celery_beat_solarschedule",
    "django_celery_beat_clockedschedule",
]


@pytest.fixture
def root() -> Browser:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("root"))
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_lists_and_forms_are_pages_of_the_shell(root: Browser, page: str) -> None:
    Group.objects.create(name="operators")
    for view in ("changelist", "add"):
        response = root.get(reverse(f"admin:{page}_{view}"))
        assert response.status_code == 200
        assert "unfold/css/styles.css" in response.content.decode()


def test_the_times_of_a_task_can_be_changed(root: Browser) -> None:
    every = IntervalSchedule.objects.create(every=2, period=IntervalSchedule.SECONDS)
    rarely = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    task = PeriodicTask.objects.create(
        name="sweep", task="workers.tasks.answering.sweep_runs", interval=every
    )
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    shown = root.get(page).content.decode()
    assert '<option value="workers.tasks.scoring.score_due">' in shown
    fields = {"name": "sweep", "task": task.task, "interval": rarely.pk, "enabled": "on"}
    fields |= {"args": "[]", "kwargs": "{}", "headers": "{}"}
    response = root.post(page, fields)
    assert response.status_code == 302
    task.refresh_from_db()
    assert task.interval == rarely


def test_a_person_can_be_added(root: Browser) -> None:
    password = "a long and winding pass phrase"
    fields = {"username": "ada", "usable_password": "true"}
    fields |= {"password1": password, "password2": password}
    assert root.post(reverse("admin:auth_user_add"), fields).status_code == 302
    assert User.objects.get(username="ada").check_password(password)
