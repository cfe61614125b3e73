"""How sure a figure is: the bootstrap, paired by prompt, and exact bounds of a share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

RESAMPLES = 4000
CONFIDENCE = 0.95

Numbers = NDArray[np.float64]
Draws = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def draws(strata: Sequence[str]) -> Draws:
    """Resamples of the prompts, (RESAMPLES, prompts): as many of each family as there are.

    Every arm answered the same prompts in the same order, so that one draw serves all arms: that
    is what pairs them. Fixed seed.
    """
    random = np.random.default_rng(0)
    of = np.asarray(strata)
    columns = [np.flatnonzero(of == name) for name in dict.fromkeys(strata)]
    drawn = [
        positions[random.integers(0, len(positions), (RESAMPLES, len(positions)))]
        for positions in columns
    ]
    together: Draws = np.concatenate(drawn, axis=1)
    return together


def bootstrap(drawn: Draws, statistic: Callable[..., Any], *values: Sequence[float]) -> Interval:
    """The percentile interval of `statistic`, which takes one array for each of `values`.

    It is given arrays of prompts and must reduce their last axis.
    """
    arrays: list[Numbers] = [np.asarray(one, dtype=np.float64) for one in values]
    spread = statistic(*(array[drawn] for array in arrays))
    low, high = np.quantile(spread, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(statistic(*arrays)), float(low), float(high))


def mean(values: Numbers) -> Any:
    return values.mean(axis=-1)


def difference(ours: Numbers, theirs: Numbers) -> Any:
    """Of two means over the same prompts."""
    return ours.mean(axis=-1) - theirs.mean(axis=-1)


def ratio(ours: Numbers, theirs: Numbers) -> Any:
    """Of two sums over the same prompts: 1 for nothing against nothing."""
    spent, allowed = ours.sum(axis=-1), theirs.sum(axis=-1)
    return np.where(allowed > 0, spent / np.maximum(allowed, 1), np.maximum(spent, 1))


def share(count: int, of: int) -> Interval:
    """Clopper-Pearson: the bootstrap would be certain of 0 of 20 and of 20 of 20."""
    if of == 0:
        return Interval(0.0, 0.0, 1.0)
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - tail, count + 1, of - count)) if count < of else 1.0
    return Interval(count / of, low, high)
