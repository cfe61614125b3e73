"""The figures of the promotion gate in words, as operators read them."""

from django.utils.safestring import SafeString

from kernels.skills.shadow_gate import GateDecision, ShadowFigures
from trajectories.markup import table, verdict


def figure_text(figure: str, value: float | None) -> str:
    """A number of records, or a share."""
    if value is None:
        return "unknown"
    return f"{value:.0f}" if figure == "records" else f"{value:.1%}"


def check_table(decision: GateDecision) -> SafeString:
    """Figure, value, least, passed or failed: one row for each check."""
    rows = [
        [
            check.figure,
            figure_text(check.figure, check.value),
            figure_text(check.figure, check.least),
            verdict(check.passed),
        ]
        for check in decision.checks
    ]
    return table(["figure", "value", "least", ""], rows)


def beside_the_gate(figures: ShadowFigures, lookups: tuple[int, int]) -> list[str]:
    """What the four figures rest on."""
    lift, (hits, misses) = figures.lift, lookups
    vectors = f"{_mean(lift.vector_mean)} of {lift.vector_count} by vectors"
    patterns = f"{_mean(lift.regex_mean)} of {lift.regex_count} by patterns"
    return [
        f"lift: mean reward {vectors}, {patterns}",
        f"{figures.silent} records in which neither chose a skill are not counted",
        f"embedding cache, two days, all texts: {hits} hits, {misses} misses",
    ]


def _mean(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
