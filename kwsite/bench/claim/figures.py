"""From outcomes to the figures of the claim."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from kwsite.bench.claim.measure import CALIBRATED, STATIC, Claim
from kwsite.bench.claim.outcome import Outcome
from kwsite.bench.intervals import (
    Interval,
    bootstrap,
    difference,
    draws,
    mean,
    ratio,
    share,
)

RETRIEVAL = ("BM25 RAG", "dense RAG")
MORE_POINTS = 0.10  # the goal, over the best retrieval
TOKENS_SHARE = 0.50
OVERALL = "overall"


@dataclass(frozen=True)
class ArmFigures:
    """Of one arm on one family, or on all. Latency in milliseconds."""

    family: str
    arm: str
    prompts: int
    quality: Interval
    tokens: Interval
    p50_ms: float


@dataclass(frozen=True)
class Against:
    """An arm of ours against another on the same prompts: difference in quality, tokens' ratio."""

    arm: str
    quality: Interval
    tokens: Interval

    @property
    def meets_goal(self) -> bool:
        return self.quality.value >= MORE_POINTS and self.tokens.value <= TOKENS_SHARE


@dataclass(frozen=True)
class Routing:
    """`precision`: of all prompts that a kernel took, those it was made for.

    `recall`: of the test prompts of families with a kernel, those that it took; `reach`: of all
    test prompts. `fell_back`: how many of the taken ones failed the contract.
    """

    arm: str
    taken: int
    precision: Interval
    recall: Interval
    reach: Interval
    strangers_taken: int
    strangers: int
    fell_back: int


def arm_figures(claim: Claim) -> list[ArmFigures]:
    """Family by family and overall, each with all arms."""
    names = list(dict.fromkeys(one.family for one in claim.outcomes))
    scopes = [(OVERALL, names), *((name, [name]) for name in names)]
    return [
        _figures(claim, scope, within, arm) for scope, within in scopes for arm in arm_names(claim)
    ]


def against(claim: Claim, arm_of_ours: str = CALIBRATED) -> list[Against]:
    """An arm of ours against every other, overall."""
    ours = _of(claim, arm_of_ours)
    drawn = draws([one.family for one in ours])
    return [
        Against(
            arm,
            bootstrap(drawn, difference, _right(ours), _right(theirs)),
            bootstrap(drawn, ratio, _tokens(ours), _tokens(theirs)),
        )
        for arm in arm_names(claim)
        if arm != arm_of_ours
        for theirs in [_of(claim, arm)]
    ]


def best_retrieval(claim: Claim, arm_of_ours: str = CALIBRATED) -> Against:
    """The goal's opponent: the retrieval with more right answers."""
    quality = {arm: sum(one.right for one in _of(claim, arm)) for arm in RETRIEVAL}
    best = max(RETRIEVAL, key=lambda arm: quality[arm])
    return next(one for one in against(claim, arm_of_ours) if one.arm == best)


def taken(claim: Claim) -> Claim:
    """The same claim on the test prompts that a kernel took, in every arm.

    The router chose them before anybody answered, so that nothing is selected by its outcome.
    """
    prompts = {(one.family, one.prompt) for one in _of(claim, CALIBRATED) if one.routed}
    outcomes = (one for one in claim.outcomes if (one.family, one.prompt) in prompts)
    return replace(claim, outcomes=tuple(outcomes))


def routing(claim: Claim) -> list[Routing]:
    return [_routing(claim, arm) for arm in (CALIBRATED, STATIC)]


def _routing(claim: Claim, arm: str) -> Routing:
    asked = _of(claim, arm)
    with_kernel = {learned.family for learned in claim.learned if learned.version}
    strangers = [one for one in claim.strangers if one.arm == arm]
    right = sum(one.routed == one.family for one in asked)
    strayed = sum(bool(one.routed) for one in strangers)
    taken = sum(bool(one.routed) for one in asked) + strayed
    return Routing(
        arm=arm,
        taken=taken,
        precision=share(right, taken),
        recall=share(right, sum(one.family in with_kernel for one in asked)),
        reach=share(right, len(asked)),
        strangers_taken=strayed,
        strangers=len(strangers),
        fell_back=sum(one.fell_back for one in asked),
    )


def _figures(claim: Claim, scope: str, within: Sequence[str], arm: str) -> ArmFigures:
    found = [one for one in _of(claim, arm) if one.family in within]
    drawn = draws([one.family for one in found])
    return ArmFigures(
        scope,
        arm,
        len(found),
        bootstrap(drawn, mean, _right(found)),
        bootstrap(drawn, mean, _tokens(found)),
        median(one.ms for one in found),
    )


def arm_names(claim: Claim) -> list[str]:
    """The arms that were measured."""
    return list(dict.fromkeys(one.arm for one in claim.outcomes))


def _of(claim: Claim, arm: str) -> list[Outcome]:
    return [one for one in claim.outcomes if one.arm == arm]


def _right(outcomes: Sequence[Outcome]) -> list[float]:
    return [float(one.right) for one in outcomes]


def _tokens(outcomes: Sequence[Outcome]) -> list[float]:
    return [float(one.tokens) for one in outcomes]
