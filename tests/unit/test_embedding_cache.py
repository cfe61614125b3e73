"""The memory of embeddings: which go first, when they end, what is told to the database."""

import numpy as np
import pytest

from kernels import encoder
from kernels.embedding_cache import EmbeddingCache, Entry, News, Vector


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> EmbeddingCache:
    return EmbeddingCache(size=3, ttl_s=60, clock=clock)


def layers(number: float) -> Vector:
    return np.full(4, number, dtype=np.float32)


def filled(cache: EmbeddingCache, clock: Clock, keys: str = "abc") -> EmbeddingCache:
    for key in keys:
        clock.now += 1
        cache.put(key, layers(ord(key)))
    return cache


def test_what_was_not_used_for_longest_goes_first(cache: EmbeddingCache, clock: Clock) -> None:
    filled(cache, clock)
    clock.now += 1
    assert cache.get("a") is not None
    filled(cache, clock, "d")
    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]


def test_it_never_holds_more_than_its_size(cache: EmbeddingCache, clock: Clock) -> None:
    filled(cache, clock, "abcdefg")
    assert len(cache) == 3
    cache.limit(size=1, ttl_s=60)
    assert len(cache) == 1
    assert cache.get("g") is not None


def test_an_entry_ends_a_time_after_it_was_made_however_often_it_is_used(
    cache: EmbeddingCache, clock: Clock
) -> None:
    filled(cache, clock, "a")
    clock.now += 59
    assert cache.get("a") is not None
    clock.now += 1
    assert cache.get("a") is None
    assert len(cache) == 0


@pytest.mark.parametrize(("size", "ttl_s"), [(0, 60), (3, 0)])
def test_nothing_is_remembered_without_room_or_time(clock: Clock, size: int, ttl_s: float) -> None:
    cache = filled(EmbeddingCache(size=size, ttl_s=ttl_s, clock=clock), clock)
    assert all(cache.get(key) is None for key in "abc")


def test_hits_and_misses_are_told_once(cache: EmbeddingCache, clock: Clock) -> None:
    filled(cache, clock, "a")
    cache.get("a")
    cache.get("z")
    news = cache.take_news()
    assert (news.hits, news.misses, [entry.key for entry in news.made]) == (1, 1, ["a"])
    assert cache.take_news() == News()


def test_what_could_not_be_kept_is_news_again(cache: EmbeddingCache, clock: Clock) -> None:
    filled(cache, clock, "a")
    cache.get("a")
    news = cache.take_news()
    cache.give_back(news)
    again = cache.take_news()
    assert [entry.key for entry in again.made] == ["a"]
    assert again.hits == 1


def test_what_was_kept_elsewhere_takes_its_place_by_its_last_use(
    cache: EmbeddingCache, clock: Clock
) -> None:
    filled(cache, clock, "ab")  # used at 1001 and 1002
    kept = [("x", 1001.5), ("y", 900.0), ("a", 1500.0)]
    assert cache.worth_loading(kept) == ["x"]  # y would be beyond the size, a is here
    cache.load([Entry("x", layers(1), 990.0, 1001.5)])
    filled(cache, clock, "c")  # pushes a out, which was used before x
    assert [key for key in "abxc" if cache.get(key) is not None] == ["b", "x", "c"]


def test_loading_is_neither_a_hit_nor_news(cache: EmbeddingCache, clock: Clock) -> None:
    cache.load([Entry("x", layers(1), clock.now, clock.now)])
    assert cache.take_news() == News()
    cache.load([Entry("old", layers(1), clock.now - 61, clock.now)])
    assert cache.get("old") is None


def test_a_text_is_embedded_once_and_anew_by_another_encoder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoder, "CACHE", EmbeddingCache())
    first, hit = encoder.recall("Deploy the service.")
    again, hit_again = encoder.recall("Deploy the service.")
    assert (hit, hit_again) == (False, True)
    assert np.array_equal(first, again)
    monkeypatch.setattr(encoder, "encoder_digest", lambda: "f" * 64)
    assert encoder.recall("Deploy the service.")[1] is False
