"""GET /metrics: what Prometheus scrapes, without a key; it counts, and names nobody."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import RedisError

from kwsite.celery import QUEUES
from trajectories.measures import exposition
from trajectories.models import Run, Trajectory
from workers.redis_client import redis_client


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What was counted, and how much waits right now."""
    registry = CollectorRegistry()
    registry.register(Waiting())
    return HttpResponse(exposition() + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Waiting(Collector):
    """Looked up at each scrape and kept in no file: it is of all processes together."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Without the queues where Redis does not answer: a gauge that is missing is an alarm."""
        runs = GaugeMetricFamily(
            "kernelweave_runs", "Runs in work, and waiting.", labels=["status"]
        )
        for status in (Run.Status.QUEUED, Run.Status.RUNNING):
            runs.add_metric([status.value], Run.objects.filter(status=status).count())
        yield runs
        due = Trajectory.objects.filter(scored_at=None, closed_at__isnull=False, retracted_at=None)
        yield GaugeMetricFamily(
            "kernelweave_unscored", "Trajectories to be scored.", value=due.count()
        )
        try:
            lengths = {name: int(str(redis_client().llen(name))) for name in QUEUES}
        except RedisError:
            return
        queues = GaugeMetricFamily("kernelweave_queue_length", "Tasks that wait.", labels=["queue"])
        for name, length in lengths.items():
            queues.add_metric([name], length)
        yield queues
