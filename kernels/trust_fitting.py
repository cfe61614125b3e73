"""Fits P(right) on readings of prompts that the head has not seen, and the thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from kernels.encoder import Vector, last_mean
from kernels.head import Flags, Head, Ids, Reading, neighbours
from kernels.head_fitting import Exemplars, HeadConfig, fit_head
from kernels.trust import Curve, Probabilities, Trust
from kernels.wrong_reuse import lowest_safe_threshold

EXEMPLAR, STRANGER, BACKGROUND, RECORDED = range(4)


@dataclass(frozen=True)
class TrustConfig:
    """How P(right) is fitted. `out_of_scope_share` is the share of traffic for no kernel."""

    out_of_scope_share: float = 2 / 11  # 1,000 of 5,500, as in CLINC150's test
    background_part: float = 0.8  # of that share; prompts of hidden kernels are the rest
    folds: int = 5
    knots: int = 5
    penalty: float = 10.0  # on the squared heights
    record_scale: float = 4.0  # how freely a kernel's own record may count
    ceilings: tuple[float, ...] = (0.01, 0.02, 0.05)
    reserve: float = 0.8  # thresholds are fitted for this part of a ceiling
    strangers: int = 600  # at most, in a fold
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.out_of_scope_share < 1 or not 0 < self.reserve <= 1 or self.folds < 2:
            raise ValueError("shares are within 0..1, and there are at least two folds")


@dataclass(frozen=True, eq=False)
class Evidence:
    """Readings of prompts by heads that were fitted without them.

    `kind`: EXEMPLAR (held out of its fold), STRANGER (its kernel was hidden from the head),
    BACKGROUND (for no kernel), RECORDED (earlier traffic, with its verdict). `row` is the place of
    the prompt among those of its source: strangers are exemplars.
    """

    reading: Reading
    right: Flags
    kind: Ids
    row: Ids

    def of(self, rows: Flags) -> "Evidence":
        reading = Reading(self.reading.chosen[rows], self.reading.signs[rows])
        return Evidence(reading, self.right[rows], self.kind[rows], self.row[rows])


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Probabilities from folds that did not see the prompt, mixed as traffic is."""

    probabilities: Probabilities
    right: Flags
    chosen: Ids  # the kernels; prompts of one may be wrong together


@dataclass(frozen=True, eq=False)
class FittedTrust:
    """P(right) with its thresholds, the samples that these hold in, and P of all held-out rows."""

    trust: Trust
    samples: tuple[HeldOut, ...]
    held_out: Probabilities  # (n,), one for each row of the evidence


def read_prompts(head: Head, layers: Vector, exemplars: Exemplars) -> Reading:
    near = neighbours(last_mean(layers), exemplars.plain, exemplars.kernels)
    return head.read(layers, near)


def gather_evidence(
    *,
    head: Head,
    exemplars: Exemplars,
    background: Vector,
    recorded: Vector,
    recorded_kernels: Ids,
    head_config: HeadConfig,
    config: TrustConfig,
    advance: Callable[[], object],
) -> Evidence:
    """Reads every prompt with a head that did not see it; `advance` is told of each head."""
    dice = np.random.default_rng(config.seed)
    parts: list[Evidence] = []
    hidden = dice.permutation(len(exemplars.names)) % config.folds
    fold = dice.permutation(len(exemplars.kernels)) % config.folds
    for number in range(config.folds):
        stranger = hidden[exemplars.kernels] == number
        seen = ~stranger & (fold != number)
        known = np.unique(exemplars.kernels[seen])
        fewer = _only(exemplars, seen, known)
        partial = fit_head(fewer, background, head_config, head.encoder_digest)
        for kind, rows in (
            (EXEMPLAR, np.flatnonzero(~stranger & (fold == number))),
            (STRANGER, dice.permutation(np.flatnonzero(stranger))[: config.strangers]),
        ):
            reading = read_prompts(partial, exemplars.layers[rows], fewer)
            reading = replace(reading, chosen=known[reading.chosen])
            right = (reading.chosen == exemplars.kernels[rows]) & (kind == EXEMPLAR)
            parts.append(Evidence(reading, right, np.full(len(rows), kind), rows))
        advance()
    half = dice.permutation(len(background)) % 2
    for number in range(2):
        rows = np.flatnonzero(half == number)
        partial = fit_head(exemplars, background[half != number], head_config, head.encoder_digest)
        reading = read_prompts(partial, background[rows], exemplars)
        wrong = np.zeros(len(rows), bool)
        parts.append(Evidence(reading, wrong, np.full(len(rows), BACKGROUND), rows))
        advance()
    reading = read_prompts(head, recorded, exemplars)
    right = reading.chosen == recorded_kernels
    rows = np.arange(len(right))
    parts.append(Evidence(reading, right, np.full(len(right), RECORDED), rows))
    return _joined(parts)


def fit_trust(evidence: Evidence, kernels: int, config: TrustConfig) -> FittedTrust:
    """Fits on all evidence; the thresholds come from folds that did not see the prompt.

    What is for no kernel may be far from all (background) or close to some (strangers); nobody
    knows what will come. There is a sample with each first, and a threshold must hold in both.
    """
    dice = np.random.default_rng(config.seed)
    fold = dice.permutation(len(evidence.right)) % config.folds
    held_out = np.zeros(len(evidence.right))
    for number in range(config.folds):
        model = _fit(evidence.of(fold != number), kernels, config)
        held_out[fold == number] = model.probability(evidence.of(fold == number).reading)
    mixes = [
        _mixed_as_traffic(evidence.kind, order, config.out_of_scope_share, dice)
        for order in ((BACKGROUND, STRANGER), (STRANGER, BACKGROUND))
    ]
    chosen = evidence.reading.chosen
    samples = tuple(HeldOut(held_out[rows], evidence.right[rows], chosen[rows]) for rows in mixes)
    trust = _fit(evidence, kernels, config)
    trust = replace(trust, thresholds=thresholds(samples, config))
    return FittedTrust(trust, samples, held_out)


def thresholds(samples: Sequence[HeldOut], config: TrustConfig) -> dict[float, float]:
    """The lowest P whose bound stays under each ceiling, less the reserve, in every sample."""
    return {
        ceiling: max(
            lowest_safe_threshold(
                sample.probabilities.tolist(),
                sample.right.tolist(),
                config.reserve * ceiling,
                sample.chosen.tolist(),
            )
            for sample in samples
        )
        for ceiling in config.ceilings
    }


def _fit(evidence: Evidence, kernels: int, config: TrustConfig) -> Trust:
    signs = evidence.reading.signs
    knots = [_knots(sign, config.knots) for sign in signs.T]
    hats = [_hats(sign, at) for sign, at in zip(signs.T, knots, strict=True)]
    record = config.record_scale * np.eye(kernels, dtype=np.float32)[evidence.reading.chosen]
    model = LogisticRegression(C=1 / config.penalty, max_iter=1000)
    weights = _weights(evidence.kind, config)
    model.fit(np.hstack([*hats, record]), evidence.right, sample_weight=weights)
    heights = np.split(model.coef_[0], np.cumsum([hat.shape[1] for hat in hats]))
    return Trust(
        tuple(
            Curve(tuple(at.tolist()), tuple(height.tolist()))
            for at, height in zip(knots, heights[:-1], strict=True)
        ),
        tuple((config.record_scale * heights[-1]).tolist()),
        float(model.intercept_[0]),
        {},
    )


def _knots(sign: Vector, count: int) -> NDArray[np.float64]:
    return np.unique(np.quantile(sign.astype(np.float64), np.linspace(0.01, 0.99, count)))


def _hats(sign: Vector, knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, knots): the weight of each knot in a linear interpolation."""
    return np.column_stack([np.interp(sign, knots, peak) for peak in np.eye(len(knots))])


def _weights(kind: Ids, config: TrustConfig) -> NDArray[np.float64]:
    """Weighs what is for no kernel up or down to its share of the traffic."""
    weights = np.ones(len(kind))
    outside = config.out_of_scope_share / (1 - config.out_of_scope_share)
    total = outside * np.isin(kind, (EXEMPLAR, RECORDED)).sum()
    strangers, background = (kind == STRANGER).sum(), (kind == BACKGROUND).sum()
    part = config.background_part if strangers else 1.0
    part = part if background else 0.0
    weights[kind == STRANGER] = total * (1 - part) / max(1, strangers)
    weights[kind == BACKGROUND] = total * part / max(1, background)
    return weights


def _mixed_as_traffic(
    kind: Ids, order: Sequence[int], share: float, dice: np.random.Generator
) -> Ids:
    """Rows with each prompt at most once; what is for no kernel in this order, up to the share."""
    inside = np.flatnonzero(np.isin(kind, (EXEMPLAR, RECORDED)))
    outside = np.concatenate([dice.permutation(np.flatnonzero(kind == one)) for one in order])
    wanted = round(len(inside) * share / (1 - share))
    if len(outside) < wanted:
        inside = dice.permutation(inside)[: round(len(outside) * (1 - share) / share)]
    return np.concatenate([inside, outside[:wanted]])


def _only(exemplars: Exemplars, seen: Flags, known: Ids) -> Exemplars:
    position = np.full(len(exemplars.names), -1)
    position[known] = np.arange(len(known))
    return Exemplars(
        exemplars.layers[seen],
        position[exemplars.kernels[seen]],
        tuple(exemplars.names[kernel] for kernel in known),
        exemplars.descriptions[known],
    )


def _joined(parts: Sequence[Evidence]) -> Evidence:
    return Evidence(
        Reading(
            np.concatenate([part.reading.chosen for part in parts]),
            np.concatenate([part.reading.signs for part in parts]),
        ),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.row for part in parts]),
    )
