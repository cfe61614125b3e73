"""From features to P(this kernel will verify), and the threshold that holds the ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from kernels.matching import Features

CONFIDENCE = 0.95  # of the one-sided bound


@dataclass(frozen=True)
class Example:
    """A prompt seen against a kernel, and whether that kernel was right for it."""

    features: Features
    fits: bool


@dataclass(frozen=True)
class Calibrator:
    """A logistic model on standardised features, with the lowest P at which reuse is allowed.

    `threshold` above 1 means that no reuse is allowed: there was too little evidence.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    threshold: float

    def probability(self, features: Features) -> float:
        """P(the kernel will verify), between 0 and 1."""
        x = (np.array(features.vector()) - np.array(self.mean)) / np.array(self.scale)
        return float(1.0 / (1.0 + np.exp(-(x @ np.array(self.weights) + self.intercept))))

    def as_json(self) -> dict[str, Any]:
        return {
            "features": Features.names(),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "weights": list(self.weights),
            "intercept": self.intercept,
            "threshold": self.threshold,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Calibrator":
        if value["features"] != Features.names():
            raise ValueError("the calibration was fitted on other features: fit it again")
        return cls(
            tuple(value["mean"]),
            tuple(value["scale"]),
            tuple(value["weights"]),
            float(value["intercept"]),
            float(value["threshold"]),
        )


def wrong_reuse_bound(wrong: int, reused: int) -> float:
    """One-sided Clopper-Pearson upper bound of the wrong-reuse rate; 1 without any reuse."""
    if reused == 0 or wrong >= reused:
        return 1.0
    return float(beta.ppf(CONFIDENCE, wrong + 1, reused - wrong))


def lowest_safe_threshold(
    probabilities: Sequence[float], fits: Sequence[bool], ceiling: float
) -> float:
    """The lowest P above which the bound on wrong reuse stays under the ceiling; 2 if none does."""
    best = 2.0
    wrong = 0
    ranked = sorted(zip(probabilities, fits, strict=True), reverse=True)
    for reused, (p, fit) in enumerate(ranked, start=1):
        wrong += not fit
        if wrong_reuse_bound(wrong, reused) <= ceiling:
            best = p
    return best


def fit(examples: Sequence[Example], ceiling: float) -> tuple[Calibrator, dict[str, float]]:
    """Fits on the examples by cross-validation; returns the calibrator and its figures.

    The threshold comes from held-out probabilities (5 folds), never from fitted ones.
    Raises ValueError when one of the two classes is missing.
    """
    x = np.array([example.features.vector() for example in examples])
    y = np.array([example.fits for example in examples])
    if len(set(y.tolist())) < 2:
        raise ValueError("calibration needs prompts that fit and prompts that do not")
    held_out = np.zeros(len(y))
    folds = np.arange(len(y)) % 5
    for fold in range(5):
        scaler, model = _fit(x[folds != fold], y[folds != fold])
        held_out[folds == fold] = model.predict_proba(scaler.transform(x[folds == fold]))[:, 1]
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
    return calibrator, metrics


def _fit(x: Any, y: Any) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scaler.transform(x), y)
    return scaler, model
