"""GET /metrics: what Prometheus scrapes, without a key; it counts, and names nobody."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis import RedisError

from kwsite.celery import QUEUES
from trajectories.measures import exposition
from trajectories.models import Run, Trajectory
from workers.redis_client import redis_client


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What was counted, and how much waits right now."""
    return HttpResponse(exposition() + _waiting(), content_type=CONTENT_TYPE_LATEST)


def _waiting() -> bytes:
    """Without the queues where Redis does not answer: a gauge that is missing is an alarm."""
    registry = CollectorRegistry()
    runs = Gauge("kernelweave_runs", "Runs in work, and waiting.", ["status"], registry=registry)
    for status in (Run.Status.QUEUED, Run.Status.RUNNING):
        runs.labels(status=status.value).set(Run.objects.filter(status=status).count())
    unscored = Gauge("kernelweave_unscored", "Trajectories to be scored.", registry=registry)
    due = Trajectory.objects.filter(scored_at=None, closed_at__isnull=False, retracted_at=None)
    unscored.set(due.count())
    try:
        lengths = {name: int(str(redis_client().llen(name))) for name in QUEUES}
    except RedisError:
        return generate_latest(registry)
    queues = Gauge("kernelweave_queue_length", "Tasks that wait.", ["queue"], registry=registry)
    for name, length in lengths.items():
        queues.labels(queue=name).set(length)
    return generate_latest(registry)
