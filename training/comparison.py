"""Paired comparison of two probabilistic models on the same judged examples."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

CONFIDENCE = 0.95  # of the one-sided bound
RESAMPLES = 2_000
CLIP = 1e-6  # a probability of 0 or 1 that is wrong once must not decide everything


@dataclass(frozen=True)
class Comparison:
    """Mean log loss of both (nats, lower is better), and how much the challenger gains.

    `gain_bound` is the one-sided lower bound of the gain, by paired bootstrap over groups.
    """

    examples: int
    live_loss: float
    challenger_loss: float
    gain: float
    gain_bound: float

    @property
    def is_better(self) -> bool:
        """Strictly, also at the bound; a tie is no gain."""
        return self.gain_bound > 0

    def as_json(self) -> dict[str, float]:
        return {name: round(value, 6) for name, value in asdict(self).items()}


def compare(
    live: ArrayLike, challenger: ArrayLike, truth: ArrayLike, groups: ArrayLike, seed: int = 0
) -> Comparison:
    """Compares P(true) of two models. Examples of one group (a prompt) are drawn together.

    All of shape (n,); a truth is within 0..1, and may be soft. Raises ValueError when there is
    nothing to compare, or a probability is no number.
    """
    wanted = np.asarray(truth, dtype=np.float64)
    before, after = _log_loss(live, wanted), _log_loss(challenger, wanted)
    gain = before - after
    return Comparison(
        len(wanted),
        float(before.mean()),
        float(after.mean()),
        float(gain.mean()),
        gain_bound(gain, groups, seed),
    )


def gain_bound(gain: ArrayLike, groups: ArrayLike, seed: int = 0) -> float:
    """One-sided lower bound of the mean gain, by bootstrap over groups. Both of shape (n,)."""
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(group, np.asarray(gain, dtype=np.float64))
    sizes = np.bincount(group)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    return float(np.quantile(means, 1 - CONFIDENCE))


def _log_loss(probabilities: ArrayLike, truth: np.ndarray) -> np.ndarray:
    p = np.asarray(probabilities, dtype=np.float64)
    if not len(p) or len(p) != len(truth):
        raise ValueError("there is nothing to compare")
    if not np.isfinite(p).all():
        raise ValueError("a model gave a probability that is no number")
    clipped = np.clip(p, CLIP, 1 - CLIP)
    loss: np.ndarray = -(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped))
    return loss
