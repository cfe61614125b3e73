"""When an adapter goes on to the next stage, and when it goes out: statistics over counts.

All tests are one-sided and exact: the sign test over pairs in shadow (McNemar 1947), Fisher's
(1935) between two arms. An arm's answers are those that were judged, by their checks or by people.
"""

from dataclasses import dataclass
from math import comb
from typing import Any, Literal

MOST = 4  # times the least number of answers, after which what is not better is let go


@dataclass(frozen=True)
class Arm:
    """Judged answers of one side."""

    passed: int
    failed: int

    @property
    def judged(self) -> int:
        return self.passed + self.failed

    @property
    def rate(self) -> float:
        """Share that passed; 0 of none."""
        return self.passed / self.judged if self.judged else 0.0

    def __str__(self) -> str:
        return f"{self.passed} of {self.judged} ({self.rate:.0%})"

    def as_json(self) -> dict[str, Any]:
        return {"passed": self.passed, "judged": self.judged}


@dataclass(frozen=True)
class Pairs:
    """The same requests, answered by both: how often both passed, one alone, or none."""

    both: int
    only_adapter: int
    only_live: int
    neither: int

    @property
    def adapter(self) -> Arm:
        return Arm(self.both + self.only_adapter, self.only_live + self.neither)

    @property
    def live(self) -> Arm:
        return Arm(self.both + self.only_live, self.only_adapter + self.neither)


@dataclass(frozen=True)
class Ruling:
    """`on` to the next stage, `out` of service, or `wait` for more answers; and why."""

    verdict: Literal["on", "out", "wait"]
    reason: str


@dataclass(frozen=True)
class Bounds:
    """`least` judged answers of either side before anything is said; `alpha` of the tests."""

    least: int = 20
    alpha: float = 0.05


def after_shadow(pairs: Pairs, bounds: Bounds) -> Ruling:
    """Whether an adapter in shadow may answer a share of the requests."""
    p = sign_test(pairs.only_adapter, pairs.only_live)
    return _rule(pairs.adapter, pairs.live, p, bounds, "on the same requests")


def after_canary(canary: Arm, control: Arm, bounds: Bounds) -> Ruling:
    """Whether a canary may answer all requests; `control` is what answers the rest of them."""
    return _rule(canary, control, worse(canary, control), bounds, "at the same time")


def while_live(live: Arm, before: Arm, look: int, bounds: Bounds) -> Ruling:
    """Whether a live adapter stays (`wait`) or gives way to what it replaced (`out`).

    The looks share alpha: the n-th (from 1) gets alpha/(n(n+1)), so that however often one looks,
    an adapter that is as good as what it replaced goes out with a probability below alpha.
    """
    if min(live.judged, before.judged) < bounds.least:
        return Ruling("wait", f"{_against(live, before)}: too few judged answers to tell")
    p, alpha = worse(live, before), bounds.alpha / (look * (look + 1))
    if p < alpha:
        return Ruling("out", f"{_against(live, before)}: worse, p = {p:.2g} < {alpha:.2g}")
    return Ruling("wait", f"{_against(live, before)}: no worse, p = {p:.2g}")


def worse(one: Arm, other: Arm) -> float:
    """p of so many failures of `one`, or more, if both passed equally often (Fisher)."""
    of_one, of_other, passed = one.judged, other.judged, one.passed + other.passed
    least = max(0, passed - of_other)
    ways = sum(comb(of_one, k) * comb(of_other, passed - k) for k in range(least, one.passed + 1))
    return ways / comb(of_one + of_other, passed)


def sign_test(wins: int, losses: int) -> float:
    """p of so many losses, or more, if each were as likely as a win."""
    if wins + losses == 0:
        return 1.0
    ways = sum(comb(wins + losses, k) for k in range(wins + 1))
    return ways / (1 << (wins + losses))


def _rule(adapter: Arm, other: Arm, p: float, bounds: Bounds, when: str) -> Ruling:
    said = f"{_against(adapter, other)} {when}"
    if min(adapter.judged, other.judged) < bounds.least:
        return Ruling("wait", f"{said}: too few judged answers to tell")
    if p < bounds.alpha:
        return Ruling("out", f"{said}: worse, p = {p:.2g}")
    if adapter.rate >= other.rate:
        return Ruling("on", f"{said}: no worse")
    if min(adapter.judged, other.judged) >= MOST * bounds.least:
        return Ruling("out", f"{said}: no better after so many")
    return Ruling("wait", f"{said}: below it, p = {p:.2g}")


def _against(adapter: Arm, other: Arm) -> str:
    return f"{adapter} verified against {other}"
