"""How far traffic has moved from what routing was fitted on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import gammaincinv

from kernels.calibration import Calibrator
from kernels.matching import Features

FLOOR = 1e-4  # a share of nothing would count without end
MOVED, FAR = 0.1, 0.25  # of the index, as is usual


@dataclass(frozen=True)
class Shift:
    """A feature's mean over recent traffic, beside the mean and scale it was fitted with."""

    feature: str
    fitted: float
    scale: float
    recent: float

    @property
    def deviations(self) -> float:
        """By how many standard deviations of the fit the mean has moved."""
        return (self.recent - self.fitted) / self.scale


def feature_shifts(calibrator: Calibrator, recent: Sequence[Features]) -> list[Shift]:
    """The furthest first; none without traffic."""
    if not recent:
        return []
    columns = zip(*(one.vector() for one in recent), strict=True)
    found = [
        Shift(name, mean, scale, math.fsum(column) / len(column))
        for name, mean, scale, column in zip(
            Features.names(), calibrator.mean, calibrator.scale, columns, strict=True
        )
    ]
    return sorted(found, key=lambda one: -abs(one.deviations))


def histogram(values: Sequence[float], bins: int = 10) -> list[int]:
    """Counts over 0..1; the last bin has its end."""
    counts = [0] * bins
    for value in values:
        counts[min(int(value * bins), bins - 1)] += 1
    return counts


def stability_index(before: Sequence[int], now: Sequence[int]) -> float | None:
    """Population stability index of two histograms: the sum of (q - p) ln(q / p); None of nothing.

    Below .1 little has changed, above .25 much.
    """
    if not sum(before) or not sum(now):
        return None
    pairs = [
        (max(FLOOR, a / sum(before)), max(FLOOR, b / sum(now)))
        for a, b in zip(before, now, strict=True)
    ]
    return math.fsum((q - p) * math.log(q / p) for p, q in pairs)


def index_by_chance(before: Sequence[int], now: Sequence[int]) -> float:
    """What the index of two samples of one distribution stays below in 95 of 100 cases.

    chi2(bins - 1) x (1/n + 1/m) (Yurdakul and Naranjo 2020), of the bins that have anything.
    """
    bins = sum(a + b > 0 for a, b in zip(before, now, strict=True))
    quantile = 2 * float(gammaincinv(max(1, bins - 1) / 2, 0.95))  # of chi2
    return quantile * (1 / sum(before) + 1 / sum(now))
