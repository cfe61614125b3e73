"""Which worker processes live, and on what queues: each says so in Redis, every few seconds."""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import redis

from workers.redis_client import redis_client

log = logging.getLogger(__name__)
KEY = "kernelweave.workers"  # a sorted set: "name queue,queue" by when it was last heard of
EVERY_S = 5.0
SILENT_AFTER_S = 20.0
FORGOTTEN_AFTER_S = 3600.0


@dataclass(frozen=True)
class Worker:
    name: str
    queues: tuple[str, ...]


def announce(store: redis.Redis, worker: Worker) -> None:
    """Says that it lives, and drops who was not heard of for an hour."""
    now = time.time()
    with store.pipeline() as pipe:
        pipe.zadd(KEY, {f"{worker.name} {','.join(worker.queues)}": now})
        pipe.zremrangebyscore(KEY, "-inf", now - FORGOTTEN_AFTER_S)
        pipe.execute()


def living(store: redis.Redis) -> list[Worker]:
    """Those that were heard of lately, by name. Raises RedisError."""
    heard = cast(list[bytes], store.zrangebyscore(KEY, time.time() - SILENT_AFTER_S, "+inf"))
    parted = (one.decode().rpartition(" ") for one in heard)
    return sorted(
        (Worker(name, tuple(queues.split(","))) for name, _, queues in parted),
        key=lambda worker: worker.name,
    )


def keep_announcing(*, name: str, queues: Iterable[str]) -> None:
    """Says from now on, in a thread of its own, that this process lives."""
    worker = Worker(name, tuple(queues))
    threading.Thread(target=_pulse, args=(worker,), name="presence", daemon=True).start()


def _pulse(worker: Worker) -> None:
    pause, told = threading.Event(), True
    while True:
        try:
            announce(redis_client(), worker)
            told = True
        except redis.RedisError as error:
            if told:
                log.warning("this worker cannot say that it lives: %s", error)
            told = False
        pause.wait(EVERY_S)
