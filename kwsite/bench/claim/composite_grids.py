"""The prompts that ask two tasks at once, as grids of text."""

from kwsite.bench.claim.arms import COMPOSED
from kwsite.bench.claim.composing import (
    against_retrieval,
    both_have_kernels,
    composing,
    composite_claim,
    half_points,
    refusals,
    where,
    wordings,
)
from kwsite.bench.claim.figures import OVERALL, against, arm_figures
from kwsite.bench.claim.measure import Claim
from kwsite.bench.grid import Grid, number, percent, points

TITLE = "Prompts that ask two tasks at once"


def composite_grids(claim: Claim) -> list[Grid]:
    """None where no such prompts were asked."""
    if not claim.composites:
        return []
    narrower = {
        f"{TITLE}, of families with a kernel": both_have_kernels(claim),
        f"{TITLE}, for which a composition ran": where(claim, lambda one: bool(one.proposed)),
    }
    return [
        _arms(TITLE, claim),
        *(_arms(title, some) for title, some in narrower.items() if some.composites),
        _composing(claim),
        _wordings(claim),
        _refusals(claim),
    ]


def composite_verdict(claim: Claim) -> str:
    """Whether the goal was met on prompts that ask two tasks, in one line."""
    rival = against_retrieval(claim)
    met = "met" if rival.meets_goal else "not met"
    return (
        f"On prompts that ask two tasks at once it is {met}: against {rival.arm}, kernels with "
        f"composition have {points(rival.quality)} points of quality for {percent(rival.tokens)} "
        "of its tokens."
    )


def _arms(title: str, claim: Claim) -> Grid:
    asked = composite_claim(claim)
    compared = {one.arm: one for one in against(asked, COMPOSED)}
    halves = half_points(claim)
    rows = []
    for one in arm_figures(asked):
        if one.family == OVERALL:
            other = compared.get(one.arm)
            rows.append(
                (
                    one.arm,
                    percent(one.quality),
                    percent(halves[one.arm]),
                    number(one.tokens),
                    f"{one.p50_ms:.0f}",
                    points(other.quality) if other else "",
                    percent(other.tokens) if other else "",
                )
            )
    columns = (
        *("arm", "both right", "half points", "tokens a query", "p50 ms"),
        *("composition: points", "composition: tokens"),
    )
    prompts = len({(one.family, one.prompt) for one in claim.composites})
    return Grid(f"{title} ({prompts})", columns, tuple(rows))


def _composing(claim: Claim) -> Grid:
    one = composing(claim)
    cells = (
        f"{one.proposed} of {one.prompts}",
        percent(one.precision),
        percent(one.recall),
        percent(one.reach),
        f"{one.wrong_splits} of {one.singles}",
        f"{one.strangers_split} of {one.strangers}",
        str(one.failed),
    )
    columns = (
        *("proposed", "precision", "recall", "reach"),
        *("single prompts split", "strangers split", "plans failed"),
    )
    return Grid("Compositions that were proposed", columns, (cells,))


def _wordings(claim: Claim) -> Grid:
    rows = tuple(
        (one.text.replace("\n", " ⏎ "), str(one.prompts), str(one.right_pair))
        for one in wordings(claim)
    )
    columns = ("wording, of families with a kernel", "prompts", "the right pair was proposed")
    return Grid("Compositions by wording", columns, rows)


def _refusals(claim: Claim) -> Grid:
    rows = tuple((why, str(count)) for why, count in refusals(claim))
    return Grid("Why no composition was proposed", ("obstacle", "prompts"), rows)
