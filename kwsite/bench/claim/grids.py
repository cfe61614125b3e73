"""The claim as grids of text."""

from collections.abc import Sequence

from kwsite.bench.claim.arms import ABLATIONS, ARMS, COMPOSED
from kwsite.bench.claim.composite_grids import composite_grids, composite_verdict
from kwsite.bench.claim.figures import (
    OVERALL,
    ArmFigures,
    against,
    arm_figures,
    arm_names,
    best_retrieval,
    routing,
    taken,
)
from kwsite.bench.claim.measure import CALIBRATED, Claim
from kwsite.bench.claim.obstacles import routes
from kwsite.bench.grid import Grid, number, percent, points


def grids(claim: Claim) -> list[Grid]:
    figures = arm_figures(claim)
    served = taken(claim)
    return [
        _overall("All families", claim),
        *([_overall("The prompts that a kernel took", served)] if served.outcomes else []),
        *composite_grids(claim),
        _families(claim, figures),
        _routing(claim),
        _obstacles(claim),
        _ablations(claim, figures),
        _learned(claim),
    ]


def verdict(claim: Claim) -> str:
    """Whether the goal was met, in one line; another on composite prompts."""
    rival = best_retrieval(claim)
    met = "met" if rival.meets_goal else "not met"
    said = (
        f"Goal {met}: against {rival.arm}, kernels have {points(rival.quality)} points of quality "
        f"(goal: at least +10) for {percent(rival.tokens)} of its tokens (goal: at most 50 %)."
    )
    return f"{said}\n\n{composite_verdict(claim)}" if claim.composites else said


def _overall(title: str, claim: Claim) -> Grid:
    compared = {one.arm: one for one in against(claim)}
    rows = []
    for one in arm_figures(claim):
        if one.family != OVERALL or one.arm not in ARMS:
            continue
        other = compared.get(one.arm)
        rows.append(
            (
                one.arm,
                *_cells(one),
                points(other.quality) if other else "",
                percent(other.tokens) if other else "",
            )
        )
    if COMPOSED not in arm_names(claim):
        rows.append((COMPOSED, *("not measured",) * 3, "", ""))
    columns = ("arm", "right", "tokens a query", "p50 ms", "kernels: points", "kernels: tokens")
    return Grid(title, columns, tuple(rows))


def _families(claim: Claim, figures: Sequence[ArmFigures]) -> Grid:
    rows = [
        (one.family if number == 0 else "", one.arm, *_cells(one))
        for learned in claim.learned
        for number, one in enumerate(
            one for one in figures if one.family == learned.family and one.arm in ARMS
        )
    ]
    columns = ("family", "arm", "right", "tokens a query", "p50 ms")
    return Grid("By family", columns, tuple(rows))


def _routing(claim: Claim) -> Grid:
    rows = tuple(
        (
            "calibrated (kernels)" if one.arm == CALIBRATED else "one static cosine threshold",
            str(one.taken),
            percent(one.precision),
            percent(one.recall),
            percent(one.reach),
            f"{one.strangers_taken} of {one.strangers}",
            str(one.fell_back),
        )
        for one in routing(claim)
    )
    columns = ("routing", "taken", "precision", "recall", "reach", "strangers taken", "fell back")
    return Grid("Routing", columns, rows)


def _obstacles(claim: Claim) -> Grid:
    """Of each family the three most frequent obstacles."""
    rows = tuple(
        (
            one.family,
            str(one.own),
            str(one.another),
            str(one.generation),
            str(one.fell_back),
            "; ".join(f"{text} ({count})" for text, count in one.obstacles[:3]),
        )
        for one in routes(claim)
    )
    columns = ("family", "own kernel", "another", "generation", "fell back", "what kept its kernel")
    return Grid("Where the prompts went", columns, rows)


def _ablations(claim: Claim, figures: Sequence[ArmFigures]) -> Grid:
    asked_as = {arm: name for name, arm in ARMS.items()}
    overall = {one.arm: one for one in figures if one.family == OVERALL}
    compared = {one.arm: one for one in against(claim)}
    named = {name: asked_as.get(arm, name) for name, arm in ABLATIONS.items()}
    rows = [("nothing off (kernels)", *_cells(overall[CALIBRATED]), "")]
    rows += [
        (name, *_cells(overall[arm]), points(compared[arm].quality)) for name, arm in named.items()
    ]
    columns = ("ablation", "right", "tokens a query", "p50 ms", "points that it gives")
    return Grid("Ablations", columns, tuple(rows))


def _cells(one: ArmFigures) -> tuple[str, str, str]:
    return percent(one.quality), number(one.tokens), f"{one.p50_ms:.0f}"


def _learned(claim: Claim) -> Grid:
    rows = tuple(
        (one.family, f"{one.accepted} of {one.asked}", str(one.tokens), one.said)
        for one in claim.learned
    )
    columns = ("family", "train answers accepted", "tokens", "the kernel")
    return Grid("What was learned from", columns, rows)
