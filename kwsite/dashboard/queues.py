"""What waits in the broker, and who is there to take it."""

from collections.abc import Sequence
from dataclasses import dataclass

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from kwsite.celery import QUEUES
from workers.presence import Worker, living

TIMEOUT_S = 0.1  # the page waits for it
TRAINING = "train."
_client = redis.Redis.from_url(
    settings.REDIS_URL,
    socket_connect_timeout=TIMEOUT_S,
    socket_timeout=TIMEOUT_S,
    retry=Retry(NoBackoff(), 0),
)


@dataclass(frozen=True)
class Queue:
    name: str
    waiting: int
    workers: tuple[str, ...]  # names of those that live and take from it

    @property
    def is_deserted(self) -> bool:
        """Whether nobody takes what is there to be taken. Without nodes, nothing is trained."""
        needed = self.waiting > 0 or not self.name.startswith(TRAINING)
        return needed and not self.workers


def look_at_queues(store: redis.Redis = _client) -> Sequence[Queue] | None:
    """All queues, in order; None when the broker does not answer."""
    try:
        with store.pipeline(transaction=False) as pipe:
            for name in QUEUES:
                pipe.llen(name)
            waiting = pipe.execute()
        workers = living(store)
    except redis.RedisError:
        return None
    return [
        Queue(name, int(number), _taking(name, workers))
        for name, number in zip(QUEUES, waiting, strict=True)
    ]


def _taking(queue: str, workers: Sequence[Worker]) -> tuple[str, ...]:
    return tuple(worker.name for worker in workers if queue in worker.queues)
