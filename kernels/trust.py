"""P(the chosen kernel is right) from the head's signs, as plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.head import SIGNS, Reading

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A piecewise linear function of one sign, constant beyond its ends."""

    knots: tuple[float, ...]
    heights: tuple[float, ...]


@dataclass(frozen=True)
class Trust:
    """An additive logistic model: a curve a sign, and what the record of each kernel adds.

    `thresholds` has, for each ceiling of wrong reuse, the lowest P that holds it; above 1 where
    there was too little evidence, and nothing is reused. Kernels whose own prompts break a ceiling
    there have a threshold of their own in `kernel_thresholds`, which is for one ceiling.
    """

    curves: tuple[Curve, ...]  # in the order of SIGNS
    record: tuple[float, ...]  # in the order of `Head.kernels`
    intercept: float
    thresholds: Mapping[float, float]
    kernel_thresholds: Mapping[str, float] = field(default_factory=dict)

    def threshold_for(self, kernel: str, ceiling: float) -> float:
        """The lowest P at which this kernel may be reused."""
        return self.kernel_thresholds.get(kernel, self.thresholds[ceiling])

    def probability(self, reading: Reading) -> Probabilities:
        """P(right), (n,), between 0 and 1."""
        logits = self.intercept + np.asarray(self.record)[reading.chosen]
        for curve, sign in zip(self.curves, reading.signs.T, strict=True):
            logits = logits + np.interp(sign, curve.knots, curve.heights)
        p: Probabilities = 1 / (1 + np.exp(-logits))
        return p

    def as_json(self) -> dict[str, Any]:
        return {
            "signs": list(SIGNS),
            "curves": [[list(curve.knots), list(curve.heights)] for curve in self.curves],
            "record": list(self.record),
            "intercept": self.intercept,
            "thresholds": {str(ceiling): p for ceiling, p in self.thresholds.items()},
            "kernel_thresholds": dict(self.kernel_thresholds),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Trust":
        """Raises ValueError when it was fitted on other signs."""
        if value["signs"] != list(SIGNS):
            raise ValueError("it was fitted on other signs: fit it again")
        return cls(
            tuple(Curve(tuple(knots), tuple(heights)) for knots, heights in value["curves"]),
            tuple(value["record"]),
            float(value["intercept"]),
            {float(ceiling): p for ceiling, p in value["thresholds"].items()},
            value["kernel_thresholds"],
        )
