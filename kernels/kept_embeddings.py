"""Keeps the embeddings of a process's memory in the database, where other processes find them.

A process has them again after a restart, and from others within `EVERY_S`. No request waits for
this: it is done on a thread of its own. An entry that is damaged is thrown away, and made anew when
somebody asks. A process that is killed loses what it made since the last time.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import numpy as np
from django.db import Error, connections, transaction
from django.db.models import F
from django.utils import timezone

from kernels.embedding_cache import EmbeddingCache, Entry, News, Vector
from kernels.embedding_models import EmbeddingUse, KeptEmbedding
from kernels.encoder import CACHE, DIMENSIONS, PARTS, encoder_digest

log = logging.getLogger(__name__)

EVERY_S = 2.0
DAYS_COUNTED = 90
STORED = np.dtype("<f4")
SHAPE = (PARTS * DIMENSIONS,)


def keep_in_background() -> None:
    """Starts the thread; call it once a process."""
    Thread(target=keep_for_ever, name="keep-embeddings", daemon=True).start()


def keep_for_ever(cache: EmbeddingCache = CACHE) -> None:
    """Never returns. While the database is away, memory goes on alone."""
    pause, away = Event(), False
    while True:
        try:
            sync_embeddings(cache)
            away = False
        except Error as error:
            if not away:
                log.warning("embeddings are remembered by this process alone: %s", error)
            away = True
        finally:
            connections.close_all()
        pause.wait(EVERY_S)


def sync_embeddings(cache: EmbeddingCache = CACHE) -> None:
    """Writes what is new in memory, and brings there what others made. Safe to repeat."""
    news = cache.take_news()
    try:
        with transaction.atomic():
            _write(news)
            _trim(cache)
    except Error:
        cache.give_back(news)
        raise
    kept = KeptEmbedding.objects.filter(encoder_digest=encoder_digest())
    places = kept.order_by("-used_at").values_list("key", "used_at")[: cache.size]
    wanted = cache.worth_loading([(key, used_at.timestamp()) for key, used_at in places])
    if wanted:
        cache.load(_sound(kept.filter(key__in=wanted)))


def lookups(*, days: int) -> tuple[int, int]:
    """Hits and misses of all processes in the last days, today included."""
    since = timezone.now().date() - timedelta(days=days - 1)
    rows = EmbeddingUse.objects.filter(day__gte=since).values_list("hits", "misses")
    return sum(hits for hits, _ in rows), sum(misses for _, misses in rows)


def _write(news: News) -> None:
    now = timezone.now()
    # In one order, so that two processes do not wait for each other.
    made = sorted(news.made, key=lambda entry: entry.key)
    KeptEmbedding.objects.bulk_create(
        [_row(entry) for entry in made],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["layers", "checksum", "made_at", "used_at"],
    )
    if news.used:
        used = KeptEmbedding.objects.filter(key__in=news.used).order_by("key")
        keys = list(used.select_for_update().values_list("pk", flat=True))
        KeptEmbedding.objects.filter(pk__in=keys).update(used_at=now)
    if news.hits or news.misses:
        today, _ = EmbeddingUse.objects.get_or_create(day=now.date())
        EmbeddingUse.objects.filter(pk=today.pk).update(
            hits=F("hits") + news.hits, misses=F("misses") + news.misses
        )
        EmbeddingUse.objects.filter(day__lt=now.date() - timedelta(days=DAYS_COUNTED)).delete()


def _trim(cache: EmbeddingCache) -> None:
    """Deletes what is too old or beyond the size; what another encoder made goes in time."""
    oldest = timezone.now() - timedelta(seconds=cache.ttl_s)
    rows = KeptEmbedding.objects.all()
    beyond = list(rows.order_by("-used_at", "pk").values_list("pk", flat=True)[cache.size :])
    old = rows.filter(made_at__lte=oldest).values_list("pk", flat=True)
    if gone := {*beyond, *old}:
        locked = rows.filter(pk__in=gone).select_for_update(skip_locked=True)
        rows.filter(pk__in=list(locked.values_list("pk", flat=True))).delete()


def _row(entry: Entry) -> KeptEmbedding:
    data = entry.layers.astype(STORED).tobytes()
    return KeptEmbedding(
        key=entry.key,
        encoder_digest=encoder_digest(),
        layers=data,
        checksum=_checksum(entry.key, data),
        made_at=datetime.fromtimestamp(entry.made_at, UTC),
        used_at=datetime.fromtimestamp(entry.used_at, UTC),
    )


def _sound(rows: Iterable[KeptEmbedding]) -> Sequence[Entry]:
    """The rows as entries; those that are damaged are deleted."""
    entries, damaged = [], []
    for row in rows:
        layers = _layers(row)
        if layers is None:
            damaged.append(row.pk)
        else:
            times = (row.made_at.timestamp(), row.used_at.timestamp())
            entries.append(Entry(row.key, layers, *times))
    if damaged:
        log.warning("damaged embeddings that are made anew when asked for: %s", len(damaged))
        KeptEmbedding.objects.filter(pk__in=damaged).delete()
    return entries


def _layers(row: KeptEmbedding) -> Vector | None:
    data = bytes(row.layers)
    if len(data) != SHAPE[0] * STORED.itemsize or row.checksum != _checksum(row.key, data):
        return None
    return np.frombuffer(data, STORED).astype(np.float32)


def _checksum(key: str, data: bytes) -> str:
    return hashlib.sha256(key.encode() + data).hexdigest()
