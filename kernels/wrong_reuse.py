"""Bounds of the wrong-reuse rate, and the lowest P at which the bound is under a ceiling."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import betaincinv, ndtri

CONFIDENCE = 0.95  # of the one-sided bounds


def wrong_reuse_bound(wrong: int, reused: int) -> float:
    """One-sided Clopper-Pearson upper bound of the wrong-reuse rate; 1 without any reuse."""
    if reused == 0 or wrong >= reused:
        return 1.0
    return float(betaincinv(wrong + 1, reused - wrong, CONFIDENCE))


def wrong_reuse_lower_bound(wrong: int, reused: int) -> float:
    """One-sided Clopper-Pearson lower bound of the wrong-reuse rate; 0 without a wrong one."""
    if wrong == 0:
        return 0.0
    return float(betaincinv(wrong, reused - wrong + 1, 1 - CONFIDENCE))


def lowest_safe_threshold(
    probabilities: Sequence[float],
    fits: Sequence[bool],
    ceiling: float,
    clusters: Sequence[int] | None = None,
) -> float:
    """The lowest P above which the bound on wrong reuse stays under the ceiling; 2 if none does.

    `clusters` says which examples may be wrong together, such as those of one kernel; the bound
    then holds for new clusters as well (the ratio estimator's variance over clusters).
    """
    if not len(probabilities):
        return 2.0
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    p = np.asarray(probabilities)[order]
    wrong = np.cumsum(~np.asarray(fits, dtype=bool)[order])
    reused = np.arange(1, len(p) + 1)
    right = np.maximum(reused - wrong, 0.5)  # beta needs a number; these rows are not safe
    bound = np.where(wrong < reused, betaincinv(wrong + 1, right, CONFIDENCE), 1.0)
    if clusters is not None:
        bound = np.maximum(bound, _clustered_bound(wrong, reused, np.asarray(clusters)[order]))
    last_of_equals = np.append(p[1:] != p[:-1], True)  # they are admitted together
    safe = p[last_of_equals & (bound <= ceiling)]
    return float(safe.min()) if len(safe) else 2.0


def _clustered_bound(wrong: Any, reused: Any, clusters: Any) -> Any:
    """For each rank, the normal bound of wrong / reused with clusters drawn as wholes.

    All of shape (n,), in the order of falling P; `wrong` and `reused` are running sums.
    """
    is_wrong = np.diff(wrong, prepend=0)
    by_cluster = np.argsort(clusters, kind="stable")
    starts = np.r_[True, np.diff(clusters[by_cluster]) != 0]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(clusters)), 0))
    summed = np.cumsum(is_wrong[by_cluster]) - is_wrong[by_cluster]
    n, w = np.empty(len(clusters)), np.empty(len(clusters))  # of the cluster, before this one
    n[by_cluster] = np.arange(len(clusters)) - first
    w[by_cluster] = summed - summed[first]
    squared_n = np.cumsum(2 * n + 1)
    squared_w = np.cumsum(np.where(is_wrong, 2 * w + 1, 0))
    product = np.cumsum(w + np.where(is_wrong, n + 1, 0))
    rate = wrong / reused
    spread = squared_w - 2 * rate * product + rate**2 * squared_n
    return rate + ndtri(CONFIDENCE) * np.sqrt(np.maximum(spread, 0)) / reused
