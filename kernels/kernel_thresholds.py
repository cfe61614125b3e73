"""The ceiling on wrong reuse, held kernel by kernel, with what is known of all as the prior.

A kernel of which nothing is known is taken to be like the others: its wrong-reuse rate has a beta
prior with the mean of all, as weak as it can be while its 95 % quantile still is the ceiling. So
the threshold for all holds for it. Each verdict of its own then counts in full: the threshold of a
kernel is raised to where the 95 % quantile of its posterior is under the ceiling again.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betaincinv

from kernels.wrong_reuse import CONFIDENCE

STRENGTHS = (1e-2, 1e6)  # of the prior, in verdicts; between these it is looked for
UNREACHABLE = 2.0


def kernel_thresholds(
    probabilities: ArrayLike,
    fits: ArrayLike,
    kernels: ArrayLike,
    threshold: float,
    ceiling: float,
) -> dict[str, float]:
    """The kernels whose own examples ask for a higher threshold than that for all.

    The lists have one row an example: P by a model that had not seen it, whether the kernel was
    right, and its name. Above 1 where no P is high enough.
    """
    p, right, names = np.asarray(probabilities), np.asarray(fits, dtype=bool), np.asarray(kernels)
    reused = p >= threshold
    prior = _prior(int((reused & ~right).sum()), int(reused.sum()), ceiling)
    found = {}
    for name in sorted(set(names[reused])):
        rows = reused & (names == name)
        own = _own_threshold(p[rows], right[rows], prior, threshold, ceiling)
        if own > threshold:
            found[str(name)] = own
    return found


def _prior(wrong: int, reused: int, ceiling: float) -> tuple[float, float]:
    """Beta(a, b) with the mean of all and the ceiling as its 95 % quantile."""
    mean = (wrong + 0.5) / (reused + 1)

    def excess(strength: float) -> float:
        a, b = mean * strength, (1 - mean) * strength
        return float(betaincinv(a, b, CONFIDENCE)) - ceiling

    if excess(STRENGTHS[1]) >= 0:  # the mean itself is at the ceiling
        strength = STRENGTHS[1]
    else:
        # A very weak prior has its mass at 0 and 1, and a quantile that says little: begin where
        # the quantile is the highest, and go towards more verdicts.
        grid = np.geomspace(*STRENGTHS, 200)
        peak = int(np.argmax([excess(strength) for strength in grid]))
        weakest = float(grid[peak])
        strength = weakest if excess(weakest) <= 0 else brentq(excess, weakest, STRENGTHS[1])
    return mean * strength, (1 - mean) * strength


def _own_threshold(
    p: NDArray[np.float64],
    right: NDArray[np.bool_],
    prior: tuple[float, float],
    threshold: float,
    ceiling: float,
) -> float:
    order = np.argsort(-p, kind="stable")
    p, wrong = p[order], np.cumsum(~right[order])
    count = np.arange(1, len(p) + 1)
    bound = betaincinv(prior[0] + wrong, prior[1] + count - wrong, CONFIDENCE)
    safe = bound <= ceiling * (1 + 1e-9)
    if safe[-1]:
        return threshold
    last_of_equals = np.append(p[1:] != p[:-1], True)
    usable = p[safe & last_of_equals]
    above_all = float(np.nextafter(p[0], UNREACHABLE))
    return float(usable.min()) if len(usable) else min(above_all, UNREACHABLE)
