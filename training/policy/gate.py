"""Whether a fitted policy may go live: it must choose better on queries that it has not seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.encoder import Vector
from training.comparison import gain_bound

Places = NDArray[np.int64]

NOBODY = -1
MOST_WEIGHT = 10.0  # of an outcome that seldom comes out; more of it would be luck


@dataclass(frozen=True, eq=False)
class Held:
    """n held-out outcomes: what was asked, who was chosen and how likely, what it earned."""

    embeddings: Vector  # (n, 384)
    scalars: Vector  # (n, 14)
    chosen: Places  # (n,)
    suggested: Places  # (n,), by a person; -1 where nobody said
    rewards: Vector  # (n,)
    propensities: Vector  # (n,)
    queries: tuple[str, ...]  # digests

    def __len__(self) -> int:
        return len(self.queries)


def values(held: Held, choices: Places) -> Vector:
    """What other choices would have earned, as far as can be known: (n,).

    Where a person named the right worker, 1 for that one and 0 for others. Elsewhere what was
    earned counts only for who chose the same worker, weighed by how seldom that one came out
    (inverse propensity, cut off at 10).
    """
    weights = np.minimum(MOST_WEIGHT, 1 / held.propensities)
    earned = np.where(choices == held.chosen, weights * held.rewards, 0.0)
    told = (choices == held.suggested).astype(np.float64)
    found: Vector = np.where(held.suggested == NOBODY, earned, told).astype(np.float32)
    return found


def policy_gate(held: Held, live: Places, challenger: Places) -> tuple[str, dict[str, Any]]:
    """Why the challenger may not go live (empty: it may), and the comparison.

    Choices are positions of workers, (n,). A tie is no gain.
    """
    before, after = values(held, live), values(held, challenger)
    gain = after - before
    bound = gain_bound(gain, held.queries)
    metrics = {
        "held_out": len(set(held.queries)),
        "outcomes": len(held),
        "live": round(float(before.mean()), 6),
        "challenger": round(float(after.mean()), 6),
        "gain": round(float(gain.mean()), 6),
        "gain_bound": round(bound, 6),
        "live_accuracy": _accuracy(held, live),
        "challenger_accuracy": _accuracy(held, challenger),
    }
    if bound > 0:
        return "", metrics
    return (
        f"it does not choose better than what is live: gain {gain.mean():.4f} a query, "
        f"with 95 % confidence at least {bound:.4f}"
    ), metrics


def _accuracy(held: Held, choices: Places) -> float | None:
    """Share of right choices where a person said who is right; None where nobody did."""
    told = held.suggested != NOBODY
    return round(float((choices == held.suggested)[told].mean()), 6) if told.any() else None
