"""From measured times to the figures that are reported."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figures:
    """Of one arm: latencies in milliseconds, and requests a second."""

    requests: int
    p50_ms: float
    p99_ms: float
    requests_per_s: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed (nearest rank)."""
    rank = max(1, math.ceil(len(values) * percent / 100))
    return sorted(values)[rank - 1]


def figures(latencies_ms: Sequence[float], seconds: float) -> Figures:
    """`seconds`: how long the arm ran in all."""
    return Figures(
        requests=len(latencies_ms),
        p50_ms=median(latencies_ms),
        p99_ms=percentile(latencies_ms, 99),
        requests_per_s=len(latencies_ms) / seconds,
    )
