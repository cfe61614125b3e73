"""Embeddings of texts that came lately, least recently used out first (row KR5).

This is what a process has in memory; asking it waits for nothing. `kernels.kept_embeddings` takes
what is new in it to the database, and brings what others made.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

SIZE = 500
TTL_S = 24 * 3600.0


@dataclass(frozen=True)
class Entry:
    """Of one text. Times are seconds since 1970; it ends a time after it was made."""

    key: str
    layers: Vector
    made_at: float
    used_at: float


@dataclass(frozen=True)
class News:
    """What happened since it was last asked for."""

    made: tuple[Entry, ...] = ()
    used: frozenset[str] = frozenset()
    hits: int = 0
    misses: int = 0


class EmbeddingCache:
    """At most `size` entries, each for `ttl_s` seconds (0 of either: none). Thread-safe."""

    def __init__(
        self, *, size: int = SIZE, ttl_s: float = TTL_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._size, self._ttl_s, self._clock = size, ttl_s, clock
        self._entries: OrderedDict[str, Entry] = OrderedDict()  # the last used at the end
        self._made: set[str] = set()
        self._used: set[str] = set()
        self._hits = self._misses = 0
        self._lock = Lock()

    @property
    def size(self) -> int:
        return self._size

    @property
    def ttl_s(self) -> float:
        return self._ttl_s

    def __len__(self) -> int:
        return len(self._entries)

    def limit(self, *, size: int, ttl_s: float) -> None:
        """From now on."""
        with self._lock:
            self._size, self._ttl_s = size, ttl_s
            self._drop_surplus()

    def get(self, key: str) -> Vector | None:
        """The layers, if they are there and not too old; counted as a hit or a miss."""
        with self._lock:
            entry = self._entries.get(key)
            now = self._clock()
            if entry is None or now - entry.made_at >= self._ttl_s:
                self._forget(key)
                self._misses += 1
                return None
            self._entries[key] = Entry(key, entry.layers, entry.made_at, now)
            self._entries.move_to_end(key)
            self._used.add(key)
            self._hits += 1
            return entry.layers

    def put(self, key: str, layers: Vector) -> None:
        """Remembers what was just made."""
        with self._lock:
            now = self._clock()
            self._entries[key] = Entry(key, layers, now, now)
            self._entries.move_to_end(key)
            self._made.add(key)
            self._drop_surplus()

    def clear(self) -> None:
        """As after a start."""
        with self._lock:
            self._entries.clear()
            self._made.clear()
            self._used.clear()
            self._hits = self._misses = 0

    def worth_loading(self, kept: Iterable[tuple[str, float]]) -> list[str]:
        """Which of what is kept elsewhere, by key and last use, belongs in here and is not."""
        with self._lock:
            here = [(entry.used_at, key) for key, entry in self._entries.items()]
            missing = [(used_at, key) for key, used_at in kept if key not in self._entries]
        newest = sorted(here + missing, reverse=True)[: self._size]
        return [key for _, key in sorted(set(newest) & set(missing))]

    def load(self, entries: Sequence[Entry]) -> None:
        """Adds what was kept elsewhere, at its place in the order of use; counted as nothing."""
        with self._lock:
            now = self._clock()
            for entry in entries:
                if now - entry.made_at < self._ttl_s:
                    self._entries.setdefault(entry.key, entry)
            ordered = sorted(self._entries.values(), key=lambda entry: entry.used_at)
            self._entries = OrderedDict((entry.key, entry) for entry in ordered)
            self._drop_surplus()

    def take_news(self) -> News:
        """What is to be kept elsewhere. It is news once: `give_back` it if it could not be."""
        with self._lock:
            made = tuple(self._entries[key] for key in self._made)
            news = News(made, frozenset(self._used - self._made), self._hits, self._misses)
            self._made, self._used = set(), set()
            self._hits = self._misses = 0
            return news

    def give_back(self, news: News) -> None:
        """Makes it news again, as far as it is still there."""
        with self._lock:
            self._made |= {entry.key for entry in news.made} & set(self._entries)
            self._used |= news.used & set(self._entries)
            self._hits += news.hits
            self._misses += news.misses

    def _drop_surplus(self) -> None:
        while len(self._entries) > self._size:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: str) -> None:
        self._entries.pop(key, None)
        self._made.discard(key)
        self._used.discard(key)
