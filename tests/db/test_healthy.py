"""`manage.py healthy`: health checks of beat and of training nodes, which have no port."""

import socket
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from training.nodes.models import SILENT_AFTER, TrainingNode

pytestmark = pytest.mark.django_db


def healthy(*part: str) -> str:
    try:
        call_command("healthy", *part, stdout=None)
    except CommandError as error:
        return str(error)
    return "ok"


def sent_before(ago: timedelta) -> None:
    schedule, _ = IntervalSchedule.objects.get_or_create(every=2, period="seconds")
    PeriodicTask.objects.create(
        name=f"sweep {ago}",
        task="workers.tasks.answering.sweep_runs",
        interval=schedule,
        last_run_at=timezone.now() - ago,
    )


def node(name: str, silent: timedelta) -> None:
    TrainingNode.objects.create(name=name, device="cpu", heard_at=timezone.now() - silent)


def test_beat_is_healthy_while_it_sends() -> None:
    assert healthy("beat") == "Beat has sent nothing yet."
    sent_before(timedelta(minutes=10))
    assert healthy("beat") == "Beat has sent nothing for 600 s."
    sent_before(timedelta(minutes=1))
    assert healthy("beat") == "ok"


def test_a_node_is_healthy_while_it_is_heard_of() -> None:
    host = socket.gethostname()
    assert healthy("node") == f"No training node has registered on {host}."
    node("train@elsewhere", timedelta())
    node(f"train@{host}", SILENT_AFTER)
    assert healthy("node") == f"train@{host} has not been heard of lately."
    node(f"again@{host}", timedelta())
    assert healthy("node") == "ok"
