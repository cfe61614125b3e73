"""How far predicted probabilities are from what came true: bins, and their expected error."""

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Predictions within low..high (the last bin with its end): how many, their mean, the truth."""

    low: float
    high: float
    count: int
    predicted: float  # mean P
    verified: float  # share that came true

    @property
    def error(self) -> float:
        return abs(self.predicted - self.verified)


def reliability(
    predicted: Sequence[float], came_true: Sequence[bool], bins: int = BINS
) -> list[Bin]:
    """Bins of equal width over 0..1, without the empty ones."""
    rows: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for p, truth in zip(predicted, came_true, strict=True):
        rows[min(int(p * bins), bins - 1)].append((p, truth))
    return [
        Bin(
            place / bins,
            (place + 1) / bins,
            len(own),
            sum(p for p, _ in own) / len(own),
            sum(truth for _, truth in own) / len(own),
        )
        for place, own in enumerate(rows)
        if own
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float | None:
    """ECE (Naeini et al. 2015): the bins' errors, weighed by their counts; None of nothing."""
    count = sum(one.count for one in bins)
    return sum(one.count * one.error for one in bins) / count if count else None
