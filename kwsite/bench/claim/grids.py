"""The claim as grids of text: for the terminal and for Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from kwsite.bench.claim.arms import ABLATIONS, ARMS
from kwsite.bench.claim.figures import (
    OVERALL,
    ArmFigures,
    against,
    arm_figures,
    best_retrieval,
    routing,
    taken,
)
from kwsite.bench.claim.intervals import Interval
from kwsite.bench.claim.measure import CALIBRATED, Claim

NOT_MEASURED = "kernels + composition"


@dataclass(frozen=True)
class Grid:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_markdown(self) -> str:
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in x)} |" for x in lines)
        return f"## {self.title}\n\n{table}\n"

    def as_table(self) -> Table:
        table = Table(title=self.title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for column in self.columns:
            table.add_column(column)
        for row in self.rows:
            table.add_row(*row)
        return table


def grids(claim: Claim) -> list[Grid]:
    figures = arm_figures(claim)
    served = taken(claim)
    return [
        _overall("All families", claim),
        *([_overall("The prompts that a kernel took", served)] if served.outcomes else []),
        _families(claim, figures),
        _routing(claim),
        _ablations(claim, figures),
        _learned(claim),
    ]


def verdict(claim: Claim) -> str:
    """Whether the goal was met, in one line."""
    rival = best_retrieval(claim)
    met = "met" if rival.meets_goal else "not met"
    return (
        f"Goal {met}: against {rival.arm}, kernels have {_points(rival.quality)} points of quality "
        f"(goal: at least +10) for {_percent(rival.tokens)} of its tokens (goal: at most 50 %)."
    )


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
                _points(other.quality) if other else "",
                _percent(other.tokens) if other else "",
            )
        )
    rows.append((NOT_MEASURED, *("not measured",) * 3, "", ""))
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
            _percent(one.precision),
            _percent(one.recall),
            _percent(one.reach),
            f"{one.strangers_taken} of {one.strangers}",
            str(one.fell_back),
        )
        for one in routing(claim)
    )
    columns = ("routing", "taken", "precision", "recall", "reach", "strangers taken", "fell back")
    return Grid("Routing", columns, rows)


def _ablations(claim: Claim, figures: Sequence[ArmFigures]) -> Grid:
    asked_as = {arm: name for name, arm in ARMS.items()}
    overall = {one.arm: one for one in figures if one.family == OVERALL}
    compared = {one.arm: one for one in against(claim)}
    named = {name: asked_as.get(arm, name) for name, arm in ABLATIONS.items()}
    rows = [("nothing off (kernels)", *_cells(overall[CALIBRATED]), "")]
    rows += [
        (name, *_cells(overall[arm]), _points(compared[arm].quality)) for name, arm in named.items()
    ]
    columns = ("ablation", "right", "tokens a query", "p50 ms", "points that it gives")
    return Grid("Ablations", columns, tuple(rows))


def _cells(one: ArmFigures) -> tuple[str, str, str]:
    return _percent(one.quality), _number(one.tokens), f"{one.p50_ms:.0f}"


def _learned(claim: Claim) -> Grid:
    rows = tuple(
        (one.family, f"{one.accepted} of {one.asked}", str(one.tokens), one.said)
        for one in claim.learned
    )
    columns = ("family", "train answers accepted", "tokens", "the kernel")
    return Grid("What was learned from", columns, rows)


def _percent(one: Interval) -> str:
    return f"{100 * one.value:.0f} % ({100 * one.low:.0f}–{100 * one.high:.0f})"


def _points(one: Interval) -> str:
    return f"{100 * one.value:+.0f} ({100 * one.low:+.0f} to {100 * one.high:+.0f})"


def _number(one: Interval) -> str:
    return f"{one.value:.0f} ({one.low:.0f}–{one.high:.0f})"
