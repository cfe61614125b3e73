"""What moving the threshold does: how much is served, and how much of that is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kernels.wrong_reuse import wrong_reuse_bound

STEPS = 40


@dataclass(frozen=True)
class Kept:
    """At one threshold: the share of requests at or above it, and the judged ones among them."""

    threshold: float
    coverage: float
    judged: int
    wrong: int

    @property
    def precision(self) -> float | None:
        """Share of the judged ones that was right; None of nothing."""
        return 1 - self.wrong / self.judged if self.judged else None

    @property
    def sure_precision(self) -> float:
        """What the precision is at least, with 95 % confidence (Clopper-Pearson)."""
        return 1 - wrong_reuse_bound(self.wrong, self.judged)


def kept_at(
    threshold: float, likeliest: Sequence[float], judged: Sequence[tuple[float, bool]]
) -> Kept:
    """`likeliest` is the best P of each request; `judged` are P and truth of those served."""
    verdicts = [right for p, right in judged if p >= threshold]
    covered = sum(p >= threshold for p in likeliest)
    return Kept(
        threshold,
        covered / len(likeliest) if likeliest else 0.0,
        len(verdicts),
        len(verdicts) - sum(verdicts),
    )


def coverage_curve(
    likeliest: Sequence[float], judged: Sequence[tuple[float, bool]], steps: int = STEPS
) -> list[Kept]:
    """From the highest threshold to the lowest: quantiles of `likeliest`, each once."""
    if not likeliest:
        return []
    shares = np.linspace(1, 0, steps + 1)
    found = np.quantile(np.asarray(likeliest), shares, method="nearest")
    return [kept_at(float(p), likeliest, judged) for p in sorted(set(found.tolist()), reverse=True)]


def lowest_holding(curve: Sequence[Kept], ceiling: float) -> Kept | None:
    """The one that serves most while its precision is surely at least 1 - `ceiling`."""
    holding = [one for one in curve if one.judged and one.sure_precision >= 1 - ceiling]
    return max(holding, key=lambda one: one.coverage, default=None)
