"""From features to P(this kernel will verify): the fitted model, as plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kernels.matching import Features


@dataclass(frozen=True)
class Calibrator:
    """A logistic model on standardised features, with the lowest P at which reuse is allowed.

    `threshold` above 1 means that no reuse is allowed: there was too little evidence. A kernel
    whose own verdicts break the ceiling there has a higher one.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    threshold: float
    kernel_thresholds: Mapping[str, float] = field(default_factory=dict)  # by digest of the spec

    def threshold_for(self, digest: str) -> float:
        """The lowest P at which the kernel version with this digest may be reused."""
        return self.kernel_thresholds.get(digest, self.threshold)

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
            "kernel_thresholds": dict(self.kernel_thresholds),
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
            value.get("kernel_thresholds", {}),
        )
