"""Figures of one run: accuracy, AUROC, and what answers came to, with 95 % intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kwsite.bench.intervals import CONFIDENCE, Interval, Numbers, bootstrap, draws, share
from kwsite.bench.learning.outcome import Answered, HeldStep, Learning, Routed
from training.prm.gate import auroc

RESAMPLES = 500  # an AUROC is not computed on all of them at once
GOAL_ACCURACY, GOAL_AUROC = 0.92, 0.75
PREDICTORS = ("prm", "length", "worker")
LIKE_STREAM = ("new wordings", "new families")  # parts of the test; the goal is for these


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve over held-out steps; None where all are right, or wrong."""

    interval: Interval | None
    within: float | None  # mean of the workers' own areas
    workers: int  # that have right and wrong steps


def accuracy(routed: Sequence[Routed]) -> Interval:
    """Share of right choices, with exact bounds."""
    return share(sum(one.chosen == one.right for one in routed), len(routed))


def chosen_at(found: Learning, samples: int, by: str) -> list[Routed]:
    return [one for one in found.routed if one.samples == samples and one.by == by]


def like_stream(routed: Sequence[Routed]) -> list[Routed]:
    """Those that the goal is for: other wordings and families of the stream's kind."""
    return [one for one in routed if one.part in LIKE_STREAM]


def samples_of(found: Learning) -> list[int]:
    """After how many queries something was measured."""
    return sorted({one.samples for one in found.routed})


def area(steps: Sequence[HeldStep], predictor: str) -> Area | None:
    """Of one predictor, such as "prm 150"; None where it was not there yet."""
    known = [one for one in steps if predictor in one.scores]
    if not known:
        return None
    own = [_auroc(part, predictor) for part in _by_worker(known).values()]
    inside = [value for value in own if value is not None]
    return Area(
        _bootstrapped(known, predictor),
        sum(inside) / len(inside) if inside else None,
        len(inside),
    )


def _auroc(steps: Sequence[HeldStep], predictor: str) -> float | None:
    scores = np.array([one.scores[predictor] for one in steps], dtype=np.float32)
    return auroc(scores, np.array([one.label for one in steps], dtype=np.float32))


def _bootstrapped(steps: Sequence[HeldStep], predictor: str) -> Interval | None:
    """Over queries: the steps of one hang together. Fixed seed."""
    value = _auroc(steps, predictor)
    if value is None:
        return None
    of_query: dict[int, list[HeldStep]] = {}
    for one in steps:
        of_query.setdefault(one.query, []).append(one)
    groups, random = list(of_query.values()), np.random.default_rng(0)
    spread = []
    for _ in range(RESAMPLES):
        drawn = [s for n in random.integers(len(groups), size=len(groups)) for s in groups[n]]
        again = _auroc(drawn, predictor)
        if again is not None:
            spread.append(again)
    low, high = np.quantile(spread, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(value, float(low), float(high))


def _by_worker(steps: Sequence[HeldStep]) -> Mapping[str, list[HeldStep]]:
    found: dict[str, list[HeldStep]] = {}
    for one in steps:
        found.setdefault(one.worker, []).append(one)
    return found


def shares_of(answers: Sequence[Answered]) -> dict[str, list[float]]:
    """0 or 1 for each answer, by what is counted."""
    return {
        "the right worker": [float(one.worker == one.right) for one in answers],
        "verified": [float(one.status == "ok") for one in answers],
        "verified, by the right worker": [float(one.verified) for one in answers],
        "gate passed at first": [float(one.gate_first) for one in answers],
        "gate passed, with reflection": [float(one.gate_passed) for one in answers],
    }


def per_1000_tokens(rewards: Numbers, tokens: Numbers) -> Numbers:
    """Reward a thousand completion tokens, of sums over the last axis."""
    earned: Numbers = 1000 * rewards.sum(axis=-1) / np.maximum(tokens.sum(axis=-1), 1)
    return earned


def reward_per_1000(answers: Sequence[Answered]) -> Interval:
    return bootstrap(
        draws(["all"] * len(answers)),
        per_1000_tokens,
        [one.reward for one in answers],
        [float(one.tokens) for one in answers],
    )


def gained_per_1000(before: Sequence[Answered], after: Sequence[Answered]) -> Interval:
    """How much more reward a thousand tokens bring, paired by query."""

    def gain(r0: Numbers, t0: Numbers, r1: Numbers, t1: Numbers) -> Numbers:
        return per_1000_tokens(r1, t1) - per_1000_tokens(r0, t0)

    columns: list[Callable[[Answered], float]] = [lambda x: x.reward, lambda x: float(x.tokens)]
    values = [[take(one) for one in answers] for answers in (before, after) for take in columns]
    return bootstrap(draws(["all"] * len(before)), gain, *values)
