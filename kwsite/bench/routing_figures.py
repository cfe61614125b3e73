"""What a router's scores are worth: accuracy, AUROC, ECE, coverage at a precision."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

BINS = 15

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scored:
    """One router on the test part: the score of its choice, whether that was right."""

    scores: Floats
    right: Flags  # never for what is out of scope
    inside: Flags


@dataclass(frozen=True)
class RoutingFigures:
    """`ece` is None where the score is no probability."""

    accuracy: float  # of what is in scope
    auroc: float  # in scope against out of scope
    ece: float | None
    coverage_95: float  # share of all prompts, at 95 % precision
    coverage_99: float


def traffic_weights(inside: Flags, share: float) -> Floats:
    """Weights under which `share` of the traffic is out of scope."""
    weights = np.ones(len(inside))
    outside = ~inside
    weights[outside] = share / (1 - share) * inside.sum() / max(1, outside.sum())
    return weights


def routing_figures(scored: Scored, weights: Floats, *, probability: bool) -> RoutingFigures:
    return RoutingFigures(
        float(scored.right[scored.inside].mean()),
        float(roc_auc_score(scored.inside, scored.scores)),
        expected_calibration_error(scored, weights) if probability else None,
        coverage(scored, weights, 0.95),
        coverage(scored, weights, 0.99),
    )


def coverage(scored: Scored, weights: Floats, precision: float) -> float:
    """The largest share of the traffic that some threshold serves at this precision."""
    order = np.argsort(-scored.scores, kind="stable")
    ranked = scored.scores[order]
    served = np.cumsum(weights[order])
    right = np.cumsum((weights * scored.right)[order])
    last_of_equals = np.append(ranked[1:] != ranked[:-1], True)
    enough = served[last_of_equals & (right / served >= precision)]
    return float(enough.max() / weights.sum()) if len(enough) else 0.0


def expected_calibration_error(scored: Scored, weights: Floats) -> float:
    """ECE over 15 bins of equal width (Guo et al. 2017)."""
    bins = np.minimum((scored.scores * BINS).astype(int), BINS - 1)
    gaps = weights * (scored.scores - scored.right)
    return float(np.abs(np.bincount(bins, gaps, BINS)).sum() / weights.sum())


def wrong_share(scored: Scored, threshold: float) -> float:
    """Of what is served, the share that is wrong; 0 where nothing is."""
    served = scored.scores >= threshold
    return float((served & ~scored.right).sum() / max(1, served.sum()))
