"""Keys that were found a moment ago, so that few requests look theirs up in the database."""

import time
from collections.abc import Callable
from threading import Lock

from cachetools import TTLCache

from trajectories.models import ApiKey

MOST_KEYS = 1024


class RememberedKeys:
    """Live keys with their clients, by digest, each for `ttl_s` seconds (0: none). Thread-safe.

    What happens to a key or a client meanwhile in another process is not seen.
    """

    def __init__(self, *, ttl_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys: TTLCache[str, ApiKey, float] = TTLCache(MOST_KEYS, ttl_s, clock)
        self._lock = Lock()

    def get(self, digest: str) -> ApiKey | None:
        with self._lock:
            return self._keys.get(digest)

    def remember(self, key: ApiKey) -> None:
        with self._lock:
            self._keys[key.digest] = key

    def forget_all(self) -> None:
        with self._lock:
            self._keys.clear()
