"""By family: where its test prompts went, and what kept its own kernel from them."""

import re
from collections import Counter
from dataclasses import dataclass

from kwsite.bench.claim.measure import CALIBRATED, Claim
from kwsite.bench.claim.outcome import Outcome

_NUMBER = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Routes:
    """`obstacles`: text -> how many prompts, the most frequent first; figures in it are left out.

    `fell_back`: of those that a kernel took, how many it failed.
    """

    family: str
    own: int
    another: int
    generation: int
    fell_back: int
    obstacles: tuple[tuple[str, int], ...]


def routes(claim: Claim) -> list[Routes]:
    """One for each family, in the arm with kernels."""
    return [
        _routes(
            learned.family,
            [o for o in claim.outcomes if o.family == learned.family and o.arm == CALIBRATED],
        )
        for learned in claim.learned
    ]


def _routes(family: str, outcomes: list[Outcome]) -> Routes:
    own = sum(one.routed == family for one in outcomes)
    taken = sum(bool(one.routed) for one in outcomes)
    said = Counter(_NUMBER.sub("…", one.why) for one in outcomes if one.why)
    return Routes(
        family,
        own,
        taken - own,
        len(outcomes) - taken,
        sum(one.fell_back for one in outcomes),
        tuple(said.most_common()),
    )
