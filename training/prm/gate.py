"""Whether a fitted reward model may go live: it must predict labels of unseen queries better."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from kernels.encoder import Vector
from training.comparison import compare

RIGHT_FROM = 0.5  # a label of so much counts as right, for AUROC
MARGIN = 0.05  # above chance, where nothing is live


@dataclass(frozen=True, eq=False)
class HeldSteps:
    """n held-out steps with their labels in [0, 1]."""

    labels: Vector  # (n,)
    queries: tuple[str, ...]  # digests


@dataclass(frozen=True, eq=False)
class LengthBaseline:
    """P(right) from the length of a step alone: what a model must beat to have read it."""

    model: LogisticRegression

    def scores(self, steps: list[str]) -> Vector:
        found: Vector = self.model.predict_proba(_lengths(steps))[:, 1]
        return found


def fit_length_baseline(steps: list[str], labels: Vector) -> LengthBaseline:
    """Logistic regression on the logarithm of the characters, with soft labels as weights."""
    lengths = _lengths(steps)
    model = LogisticRegression()
    model.fit(
        np.vstack([lengths, lengths]),
        np.repeat([1, 0], len(labels)),
        sample_weight=np.concatenate([labels, 1 - labels]) + 1e-9,
    )
    return LengthBaseline(model)


def auroc(scores: Vector, labels: Vector) -> float | None:
    """Area under the ROC curve; None where all steps are right, or all wrong."""
    right = labels >= RIGHT_FROM
    if right.all() or not right.any():
        return None
    return float(roc_auc_score(right, scores))


def prm_gate(
    held: HeldSteps,
    *,
    live: Vector | None,
    length: Vector,
    challenger: Vector,
) -> tuple[str, dict[str, Any]]:
    """Why the challenger may not go live (empty: it may), and the comparison.

    Scores are (n,), those of the live model None where none is; then the baseline by length is to
    be beaten, also in AUROC, and AUROC to be .5 + MARGIN. A tie is no gain.
    """
    found = compare(length if live is None else live, challenger, held.labels, held.queries)
    area, by_length = auroc(challenger, held.labels), auroc(length, held.labels)
    metrics = {
        "held_out": len(set(held.queries)),
        "comparison": found.as_json(),
        "against": "step length" if live is None else "live",
        "auroc": area,
        "length_auroc": by_length,
        "live_auroc": None if live is None else auroc(live, held.labels),
    }
    if area is None or by_length is None:
        return "the held-out steps are all right, or all wrong", metrics
    if not found.is_better:
        return (
            f"it does not beat {'step length' if live is None else 'the live one'}: gain "
            f"{found.gain:.4f} nats a step, with 95 % confidence at least {found.gain_bound:.4f}"
        ), metrics
    if live is None and area < max(0.5 + MARGIN, by_length):
        return f"its AUROC is {area:.3f}, that of step length {by_length:.3f}", metrics
    return "", metrics


def _lengths(steps: list[str]) -> Vector:
    found: Vector = np.log1p([[float(len(step))] for step in steps])
    return found
