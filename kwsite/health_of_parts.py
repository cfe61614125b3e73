"""Whether parts without a port of their own work: Celery workers, beat, training nodes."""

from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import OperationalError

from kwsite.celery import app
from training.nodes.models import TrainingNode


def ping_worker(name: str, *, within_s: float) -> bool:
    """Whether the Celery worker answers, which takes the broker and its thread for commands."""
    try:
        replies = app.control.inspect(destination=[name], timeout=within_s).ping()
    except OperationalError:
        return False
    return bool(replies) and name in replies


def beat_silence() -> float | None:
    """Seconds since beat sent a task; None where it has sent none that it wrote down."""
    sent = PeriodicTask.objects.filter(last_run_at__isnull=False).order_by("-last_run_at")
    newest = sent.values_list("last_run_at", flat=True).first()
    return None if newest is None else (timezone.now() - newest).total_seconds()


def nodes_here(host: str) -> list[TrainingNode]:
    """The training nodes that registered from this host, as in NAME@host."""
    return list(TrainingNode.objects.filter(name__endswith=f"@{host}"))
