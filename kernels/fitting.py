"""Fits the calibrator, and finds the threshold that holds the operator's ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from kernels.calibration import Calibrator
from kernels.matching import Features

CONFIDENCE = 0.95  # of the one-sided bound
FOLDS = 5


@dataclass(frozen=True)
class Example:
    """A prompt seen against a kernel, and whether that kernel was right for it."""

    features: Features
    fits: bool
    prompt: str


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
    probabilities: Sequence[float], fits: Sequence[bool], ceiling: float
) -> float:
    """The lowest P above which the bound on wrong reuse stays under the ceiling; 2 if none does."""
    if not len(probabilities):
        return 2.0
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    p = np.asarray(probabilities)[order]
    wrong = np.cumsum(~np.asarray(fits, dtype=bool)[order])
    reused = np.arange(1, len(p) + 1)
    right = np.maximum(reused - wrong, 0.5)  # beta needs a number; these rows are not safe
    bound = np.where(wrong < reused, beta.ppf(CONFIDENCE, wrong + 1, right), 1.0)
    last_of_equals = np.append(p[1:] != p[:-1], True)  # they are admitted together
    safe = p[last_of_equals & (bound <= ceiling)]
    return float(safe.min()) if len(safe) else 2.0


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
    threshold = lowest_safe_threshold(held_out.tolist(), y.tolist(), ceiling)
    calibrator = Calibrator(
        tuple(scaler.mean_.tolist()),
        tuple(scaler.scale_.tolist()),
        tuple(model.coef_[0].tolist()),
        float(model.intercept_[0]),
        threshold,
    )
    reused = held_out >= threshold
    metrics = {
        "examples": float(len(y)),
        "coverage": float(reused[y].mean()),
        "wrong_reuse": float((reused & ~y).sum() / max(1, reused.sum())),
        "wrong_reuse_bound": wrong_reuse_bound(int((reused & ~y).sum()), int(reused.sum())),
    }
    return Fitted(calibrator, metrics, tuple(held_out.tolist()))


def _fit(x: Any, y: Any) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scaler.transform(x), y)
    return scaler, model
