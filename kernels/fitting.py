"""Fits the calibrator, with the thresholds that hold the operator's ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from kernels.calibration import Calibrator
from kernels.kernel_thresholds import kernel_thresholds
from kernels.matching import Features
from kernels.wrong_reuse import lowest_safe_threshold, wrong_reuse_bound

FOLDS = 5


@dataclass(frozen=True)
class Example:
    """A prompt seen against a kernel, and whether that kernel was right for it.

    The preconditions of some kernels know the forms of a request. Those kernels are guarded and
    have a threshold of their own, which speaks for no other kernel; nor do their verdicts, which
    come from behind the guard.
    """

    features: Features
    fits: bool
    prompt: str
    kernel: str  # digest of its version's spec
    guarded: bool = False  # its kernel is guarded, and the guard lets the prompt through
    general: bool = True  # it would have come to a kernel without a guard as well


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
