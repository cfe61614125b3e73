"""Embeddings outlive the process that made them, and are never in the way of a request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kernels import encoder, kept_embeddings
from kernels.embedding_cache import EmbeddingCache, Vector
from kernels.embedding_models import EmbeddingUse, KeptEmbedding
from kernels.encoder import DIMENSIONS, PARTS
from kernels.kept_embeddings import lookups, sync_embeddings

pytestmark = pytest.mark.django_db


def layers(seed: int) -> Vector:
    return np.random.default_rng(seed).random(PARTS * DIMENSIONS, dtype=np.float32)


def restarted(of: EmbeddingCache) -> EmbeddingCache:
    """The memory of a process that starts now."""
    found = EmbeddingCache(size=of.size, ttl_s=of.ttl_s)
    sync_embeddings(found)
    return found


@pytest.fixture
def cache() -> EmbeddingCache:
    return EmbeddingCache(size=3, ttl_s=3600)


def key(name: str) -> str:
    return encoder.key_of(name)


def test_a_process_has_its_embeddings_again_after_a_restart(cache: EmbeddingCache) -> None:
    cache.put(key("a"), layers(1))
    sync_embeddings(cache)
    found = restarted(cache).get(key("a"))
    assert found is not None
    assert np.array_equal(found, layers(1))


def test_two_processes_share_what_either_made(cache: EmbeddingCache) -> None:
    other = EmbeddingCache(size=3, ttl_s=3600)
    cache.put(key("a"), layers(1))
    other.put(key("b"), layers(2))
    for one in (cache, other, cache):
        sync_embeddings(one)
    assert all(one.get(key(name)) is not None for one in (cache, other) for name in "ab")


def test_looking_one_up_asks_no_database(
    cache: EmbeddingCache, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        cache.put(key("a"), layers(1))
        assert cache.get(key("a")) is not None
        assert cache.get(key("b")) is None


def test_what_was_used_least_recently_is_kept_no_longer(cache: EmbeddingCache) -> None:
    for number, name in enumerate("abcd"):
        cache.put(key(name), layers(number))
        sync_embeddings(cache)
        if name == "c":
            cache.get(key("a"))
            sync_embeddings(cache)
    kept = set(KeptEmbedding.objects.values_list("key", flat=True))
    assert kept == {key(name) for name in "acd"}
    again = restarted(cache)
    assert [name for name in "abcd" if again.get(key(name)) is not None] == ["a", "c", "d"]


def test_what_is_too_old_is_deleted_and_not_loaded(cache: EmbeddingCache) -> None:
    cache.put(key("a"), layers(1))
    sync_embeddings(cache)
    KeptEmbedding.objects.update(made_at=timezone.now() - timedelta(seconds=3601))
    assert restarted(cache).get(key("a")) is None
    assert not KeptEmbedding.objects.exists()


def test_another_encoder_finds_nothing_of_this_one(
    cache: EmbeddingCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(key("a"), layers(1))
    sync_embeddings(cache)
    monkeypatch.setattr(kept_embeddings, "encoder_digest", lambda: "f" * 64)
    assert len(restarted(cache)) == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-4],
        lambda data: b"\x00" + data[1:],
        lambda data: b"",
    ],
)
def test_a_damaged_entry_is_thrown_away_and_made_anew(
    cache: EmbeddingCache, damage: Callable[[bytes], bytes]
) -> None:
    cache.put(key("a"), layers(1))
    cache.put(key("b"), layers(2))
    sync_embeddings(cache)
    row = KeptEmbedding.objects.get(key=key("a"))
    row.layers = damage(bytes(row.layers))
    row.save()
    again = restarted(cache)
    assert again.get(key("a")) is None
    assert again.get(key("b")) is not None
    assert not KeptEmbedding.objects.filter(key=key("a")).exists()
    again.put(key("a"), layers(1))
    sync_embeddings(again)
    assert restarted(cache).get(key("a")) is not None


def test_lookups_of_all_processes_add_up(cache: EmbeddingCache) -> None:
    other = EmbeddingCache()
    cache.put(key("a"), layers(1))
    for _ in range(3):
        cache.get(key("a"))
    other.get(key("z"))
    for one in (cache, other, cache):
        sync_embeddings(one)
    EmbeddingUse.objects.create(day=timezone.now().date() - timedelta(days=3), hits=100)
    assert lookups(days=1) == (3, 1)
    assert lookups(days=4) == (103, 1)


def test_while_the_database_is_away_memory_goes_on_and_loses_nothing(
    cache: EmbeddingCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    cache.put(key("a"), layers(1))
    with monkeypatch.context() as broken:
        broken.setattr(kept_embeddings, "_write", away)
        with pytest.raises(OperationalError):
            sync_embeddings(cache)
    assert cache.get(key("a")) is not None
    sync_embeddings(cache)
    assert restarted(cache).get(key("a")) is not None
