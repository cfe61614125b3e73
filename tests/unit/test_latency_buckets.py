"""Latencies in fixed buckets: where each goes, and how well quantiles are read back."""

import random

import pytest

from trajectories.latency_buckets import BUCKETS, added, bucket_of, quantile


@pytest.mark.parametrize(
    ("latency_ms", "bucket"),
    [(0, 0), (0.99, 0), (1, 1), (1.25, 1), (1.26, 2), (10, 11), (100, 21), (1e7, 71), (1e12, 71)],
)
def test_a_latency_has_its_bucket(latency_ms: float, bucket: int) -> None:
    assert bucket_of(latency_ms) == bucket


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_quantile_is_within_its_bucket(share: float) -> None:
    draw = random.Random(3)
    latencies = sorted(draw.lognormvariate(5, 1.5) for _ in range(2000))
    exact = latencies[int(share * len(latencies)) - 1]
    found = quantile(_counted(latencies), share)
    assert found is not None
    assert exact / 1.26 <= found <= exact * 1.26


def test_one_latency_is_found_in_its_bucket() -> None:
    found = quantile(_counted([500.0]), 0.5)
    assert found is not None
    assert 398 <= found <= 631


def test_nothing_has_no_quantile() -> None:
    assert quantile([0] * BUCKETS, 0.5) is None


def test_what_is_off_the_scale_counts_as_its_end() -> None:
    assert quantile(_counted([1e12]), 0.95) == 1e7


def test_histograms_add_up() -> None:
    both = added([_counted([5.0]), _counted([5.0, 700.0])])
    assert both == _counted([5.0, 5.0, 700.0])
    assert added([]) == [0] * BUCKETS


def _counted(latencies: list[float]) -> list[int]:
    counts = [0] * BUCKETS
    for one in latencies:
        counts[bucket_of(one)] += 1
    return counts
