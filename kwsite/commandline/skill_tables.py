"""What an operator reads about skills: an import, a ranking, the promotion gate."""

from collections.abc import Sequence

from rich.table import Table

from kernels.skills.choosing import Choice
from kernels.skills.importing import ImportReport
from kernels.skills.ranking import Ranked
from kernels.skills.shadow_gate import GateDecision, ShadowFigures
from kernels.skills.shadow_words import beside_the_gate, figure_text

KINDS = ("added", "changed", "unchanged", "pruned")


def import_lines(report: ImportReport) -> list[str]:
    """Counts, then what needs a person's eye."""
    lines = [", ".join(f"{len(getattr(report, kind))} {kind}" for kind in KINDS)]
    lines += [f"{name}: {count} texts beyond the limits" for name, count in report.cut.items()]
    if report.gone:
        lines.append(f"gone from the folder, still active (--prune): {', '.join(report.gone)}")
    return lines + [f"left out: {bad}" for bad in report.bad]


def ranking_table(choice: Choice, shown: Sequence[Ranked]) -> Table:
    """One row a skill; the caption says what each side chose."""
    table = Table(title=f"Serving: {choice.serving}", title_justify="left")
    for column in ("skill", "score", "cosine", "weight", "matched", "text"):
        right = column in ("score", "cosine", "weight")
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for one in shown:
        table.add_row(
            one.skill,
            f"{one.score:.3f}",
            f"{one.cosine:.3f}",
            f"{one.weight:.2f}",
            one.part,
            one.text[:100],
        )
    regex = choice.by_regex
    found = f"{regex.skill} (found {regex.found[:60]!r})" if regex else "none"
    vector = choice.by_vector.skill if choice.by_vector else "none"
    table.caption = f"patterns choose {found}, vectors {vector}"
    return table


def gate_table(
    serving: str, figures: ShadowFigures, decision: GateDecision, lookups: tuple[int, int]
) -> Table:
    """One row a figure of the promotion gate."""
    state = "open" if decision.open else "closed"
    table = Table(title=f"Serving: {serving}; the gate is {state}", title_justify="left")
    for column in ("figure", "value", "least", ""):
        table.add_column(column)
    for check in decision.checks:
        value, least = (
            figure_text(check.figure, check.value),
            figure_text(check.figure, check.least),
        )
        table.add_row(check.figure, value, least, "✓" if check.passed else "✗")
    table.caption = "\n".join(beside_the_gate(figures, lookups))
    return table
