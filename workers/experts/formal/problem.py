"""A puzzle as premises, and what an answer to it claims; z3 decides between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kernels.conditions.isolated import NoResult, run_isolated
from workers.experts.formal.formulas import Formula
from workers.experts.verdicts import verdict_said

SOLVING = "workers.experts.formal.solving"  # by name: z3 stays out of this process
TIME_S = 3.0

Want = Literal["entailed", "refuted", "open", "not entailed"]


class NotRead(ValueError):
    """It is not certain what a text says."""


@dataclass(frozen=True)
class Claim:
    """What must become of each formula for the answer to be right."""

    formulas: tuple[Formula, ...]
    want: Want


@dataclass(frozen=True)
class Problem:
    """`readings`: ways to understand the premises, which must agree for a verdict.

    `claim_of` gives what an answer claims, or raises NotRead. `open_decides`: whether a claim that
    the premises leave open counts as known to be so.
    """

    kind: str
    readings: tuple[tuple[Formula, ...], ...]
    claim_of: Callable[[str], Claim]
    open_decides: bool = True


def claims_of(claimed: Formula, question: str, *, follows: bool) -> Callable[[str], Claim]:
    """What yes, no and unknown claim of a formula; `follows`: whether it is asked if it follows.

    Then no says only that it does not. The claim raises NotRead for any other answer.
    """
    wants: dict[str, Want] = {
        "yes": "entailed",
        "no": "not entailed" if follows else "refuted",
        "unknown": "open",
    }

    def claim_of(answer: str) -> Claim:
        if (want := wants.get(verdict_said(answer, question))) is None:
            raise NotRead(answer)
        return Claim((claimed,), want)

    return claim_of


@dataclass(frozen=True)
class Decision:
    """Whether an answer is right."""

    holds: bool
    reason: str


def contingent(formula: Formula) -> bool:
    """Whether it can be true and can be false. Raises NotRead."""
    try:
        (found,) = run_isolated(SOLVING, "outcomes", [()], formula, within_s=TIME_S)
    except NoResult as error:
        raise NotRead(str(error)) from error
    return bool(found == "open")


def decided(problem: Problem, answer: str) -> Decision | None:
    """None where the answer, or what follows from the premises, is not certain."""
    try:
        claim = problem.claim_of(answer)
        found = [
            run_isolated(SOLVING, "outcomes", problem.readings, formula, within_s=TIME_S)
            for formula in claim.formulas
        ]
    except (NotRead, NoResult):
        return None
    outcomes = {outcome for readings in found for outcome in readings}
    if "contradictory" in outcomes or any(len(set(readings)) > 1 for readings in found):
        return None
    if "open" in outcomes and not problem.open_decides:
        return None
    wanted = {"refuted", "open"} if claim.want == "not entailed" else {claim.want}
    holds = outcomes <= wanted
    said = " and ".join(sorted(outcomes))
    return Decision(holds, f"{problem.kind}: what the answer claims is {said} by the premises")
