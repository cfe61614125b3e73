"""The figures of searched answers by worker (row KA14), from rows as values."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALL = "all"


@dataclass(frozen=True)
class Answered:
    """A search for an answer. What is None was not checked, not said, or not recorded."""

    worker: str
    found: bool  # a final answer
    verified: bool | None
    approved: bool | None  # by the last word of people
    gate_first: bool | None
    gate_passed: bool | None  # in the end, after reflection
    right_worker: bool | None  # by people
    reward: float | None  # in [0, 1]
    tokens: int  # completion tokens of all simulations
    duration_ms: float


@dataclass(frozen=True)
class Hit:
    """A stored answer of a search that was given again."""

    worker: str
    approved: bool | None
    duration_ms: float


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    yes: int
    of: int

    @property
    def value(self) -> float | None:
        """In [0, 1]; None of nothing."""
        return self.yes / self.of if self.of else None


@dataclass(frozen=True)
class Latency:
    """Quantiles in ms, by nearest rank; None of nothing."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class Figures:
    """Of one worker, or of all."""

    worker: str
    searches: int
    hits: Share  # of all answers, searched for or given again
    correct_by_people: Share  # of the answers that somebody judged, hits included
    correct_by_verifier: Share  # of those that could be checked
    valid: Share  # searches that came to a final answer
    gate_first: Share  # of the searches with a gate
    gate_passed: Share  # the same, after reflection
    right_worker: Share  # of the searches whose worker somebody judged
    cold: Latency
    hit: Latency
    tokens: int
    reward_per_1000: float | None  # of the searches with a recorded reward


def figures(searches: Iterable[Answered], hits: Iterable[Hit]) -> list[Figures]:
    """One a worker, by name, and `ALL` first. Empty where there is nothing."""
    searched: dict[str, list[Answered]] = defaultdict(list)
    again: dict[str, list[Hit]] = defaultdict(list)
    for one in searches:
        searched[ALL].append(one)
        searched[one.worker].append(one)
    for hit in hits:
        again[ALL].append(hit)
        again[hit.worker].append(hit)
    names = sorted({*searched, *again}, key=lambda name: (name != ALL, name))
    return [_of_worker(name, searched[name], again[name]) for name in names]


def _of_worker(worker: str, searches: Sequence[Answered], hits: Sequence[Hit]) -> Figures:
    paid = [one for one in searches if one.reward is not None]
    spent = sum(one.tokens for one in paid)
    earned = sum(one.reward for one in paid if one.reward is not None)
    return Figures(
        worker,
        len(searches),
        Share(len(hits), len(searches) + len(hits)),
        share([*(one.approved for one in searches), *(hit.approved for hit in hits)]),
        share([one.verified for one in searches]),
        share([one.found for one in searches]),
        share([one.gate_first for one in searches]),
        share([one.gate_passed for one in searches]),
        share([one.right_worker for one in searches]),
        latency([one.duration_ms for one in searches]),
        latency([hit.duration_ms for hit in hits]),
        sum(one.tokens for one in searches),
        1000 * earned / spent if spent else None,
    )


def share(answers: Iterable[bool | None]) -> Share:
    """Of those that are not None."""
    known = [answer for answer in answers if answer is not None]
    return Share(sum(known), len(known))


def latency(durations_ms: Sequence[float]) -> Latency:
    """Of durations in any order."""
    ordered = sorted(durations_ms)
    return Latency(_quantile(ordered, 0.5), _quantile(ordered, 0.95))


def _quantile(ordered: Sequence[float], part: float) -> float | None:
    return ordered[math.ceil(part * len(ordered)) - 1] if ordered else None
