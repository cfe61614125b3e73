"""Latencies counted in fixed buckets, ten a factor of ten; quantiles are read from the counts.

Bucket 0 holds what took less than a millisecond, bucket i what took from 10^((i-1)/10) to
10^(i/10) ms, the last one everything from 10^7 ms (2.8 hours) on. A quantile is off by no more
than its bucket is wide: a factor of 1.26.
"""

import math
from collections.abc import Iterable, Sequence

PER_DECADE = 10
BUCKETS = 72
LAST = BUCKETS - 1


def bucket_of(latency_ms: float) -> int:
    if latency_ms < 1:
        return 0
    return min(LAST, 1 + math.floor(PER_DECADE * math.log10(latency_ms)))


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The latency in ms that `share` of all do not exceed; None of none.

    Within its bucket the latencies are taken as spread evenly over the logarithm.
    """
    rank = share * sum(counts)
    before = 0
    for bucket, count in enumerate(counts):
        if count and before + count >= rank:
            return _inside(bucket, (rank - before) / count)
        before += count
    return None


def _inside(bucket: int, part: float) -> float:
    """`part` of the way from the bucket's lower end to its upper one, in ms."""
    if bucket == 0:
        return part
    return float(10 ** ((bucket - 1 + (part if bucket < LAST else 0)) / PER_DECADE))


def added(histograms: Iterable[Sequence[int]]) -> list[int]:
    """All of them in one."""
    total = [0] * BUCKETS
    for counts in histograms:
        total = [a + b for a, b in zip(total, counts, strict=True)]
    return total
