"""Fits the calibrator, and finds the threshold that holds the operator's ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta, norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from kernels.calibration import Calibrator
from kernels.kernel_thresholds import kernel_thresholds
from kernels.matching import Features

CONFIDENCE = 0.95  # of the one-sided bound
FOLDS = 5


@dataclass(frozen=True)
class Example:
    """A prompt seen against a kernel, and whether that kernel was right for it.

    The preconditions of some kernels look at every word of a request. Those kernels are guarded and
    have a threshold of their own, which speaks for no other kernel; nor do their verdicts, which
    come from behind the guard.
    """

    features: Features
    fits: bool
    prompt: str
    kernel: str  # digest of its version's spec
    guarded: bool = False  # its kernel is guarded, and the guard lets the prompt through
    general: bool = True  # it would have come to a kernel without a guard as well


def wrong_reuse_bound(wrong: int, reused: int) -> float:
    """One-sided Clopper-Pearson upper bound of the wrong-reuse rate; 1 without any reuse."""
    if reused == 0 or wrong >= reused:
        return 1.0
    return float(beta.ppf(CONFIDENCE, wrong + 1, reused - wrong))


def wrong_reuse_lower_bound(wrong: int, reused: int) -> float:
    """One-sided Clopper-Pearson lower bound of the wrong-reuse rate; 0 without a wrong one."""
    if wrong == 0:
        return 0.0
    return float(beta.ppf(1 - CONFIDENCE, wrong, reused - wrong + 1))


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
    bound = np.where(wrong < reused, beta.ppf(CONFIDENCE, wrong + 1, right), 1.0)
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
    return rate + norm.ppf(CONFIDENCE) * np.sqrt(np.maximum(spread, 0)) / reused


@dataclass(frozen=True)
class Fitted:
    """A calibrator, its figures, and P of each example by a model that had not seen its prompt."""

    calibrator: Calibrator
    metrics: dict[str, float]
    held_out: tuple[float, ...]


def fit(examples: Sequence[Example], ceiling: float) -> tuple[Calibrator, dict[str, float]]:
    """The calibrator and its figures; see `fit_held_out`."""
    fitted = fit_held_out(examples, ceiling)
    return fitted.calibrator, fitted.metrics


def fit_held_out(examples: Sequence[Example], ceiling: float) -> Fitted:
    """Fits on the examples by cross-validation.

    The threshold comes from held-out probabilities, never from fitted ones: in each of 5 folds, the
    model has not seen the prompt, with whichever kernel.
    Raises ValueError when one of the two classes has fewer than `FOLDS` prompts.
    """
    x = np.array([example.features.vector() for example in examples])
    y = np.array([example.fits for example in examples])
    prompts = np.array([example.prompt for example in examples])
    if min(len(set(prompts[y])), len(set(prompts[~y]))) < FOLDS:
        raise ValueError("calibration needs prompts that fit and prompts that do not")
    held_out = np.zeros(len(y))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for known, unseen in folds.split(x, y, prompts):
        scaler, model = _fit(x[known], y[known])
        held_out[unseen] = model.predict_proba(scaler.transform(x[unseen]))[:, 1]
    scaler, model = _fit(x, y)
    threshold, own = _thresholds(examples, held_out, y, ceiling)
    calibrator = Calibrator(
        tuple(scaler.mean_.tolist()),
        tuple(scaler.scale_.tolist()),
        tuple(model.coef_[0].tolist()),
        float(model.intercept_[0]),
        threshold,
        own,
    )
    metrics = {"examples": float(len(y))}
    for group, rows in _groups(examples).items():
        least = np.array(
            [
                threshold if group == "general" else calibrator.threshold_for(example.kernel)
                for example in examples
            ]
        )
        reused = rows & (held_out >= least)
        wrong = int((reused & ~y).sum())
        metrics |= {
            f"{group}_coverage": float(reused[rows & y].mean()) if (rows & y).any() else 0.0,
            f"{group}_wrong_reuse": wrong / max(1, int(reused.sum())),
            f"{group}_wrong_reuse_bound": wrong_reuse_bound(wrong, int(reused.sum())),
        }
    return Fitted(calibrator, metrics, tuple(held_out.tolist()))


def _groups(examples: Sequence[Example]) -> dict[str, Any]:
    return {
        "general": np.array([example.general for example in examples]),
        "guarded": np.array([example.guarded for example in examples]),
    }


def _thresholds(
    examples: Sequence[Example], p: Any, fits: Any, ceiling: float
) -> tuple[float, dict[str, float]]:
    """The threshold for kernels without a guard, and those of single kernels by digest."""
    names = np.array([example.kernel for example in examples])
    groups = _groups(examples)
    guarded = sorted({str(name) for name in names[groups["guarded"]]})
    found: dict[str, float] = {}
    overall = 2.0
    for group, rows in groups.items():
        safe = lowest_safe_threshold(p[rows].tolist(), fits[rows].tolist(), ceiling)
        if group == "general":
            overall = safe
            rows = rows & ~np.isin(names, guarded)  # single ones of these are held below
        else:
            found |= dict.fromkeys(guarded, safe)
        found |= kernel_thresholds(p[rows], fits[rows], names[rows], safe, ceiling)
    return overall, found


def _fit(x: Any, y: Any) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scaler.transform(x), y)
    return scaler, model
