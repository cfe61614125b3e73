"""The one Redis client of a process: what waits in it is short, so it waits for little."""

from functools import lru_cache

import redis
from django.conf import settings

TIMEOUT_S = 2.0


@lru_cache(maxsize=1)
def redis_client() -> redis.Redis:
    """Threads share it. A Redis that does not answer is a RedisError after `TIMEOUT_S`."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S
    )
