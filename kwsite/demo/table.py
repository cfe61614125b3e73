"""The demo's tables: each answer as it comes, and the comparison at the end."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from kwsite.commandline.tables import checks_text
from kwsite.demo.asking import Answered
from kwsite.demo.figures import Figures


def answers_table(title: str, answers: Sequence[Answered]) -> Table:
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), expand=True
    )
    table.add_column("prompt", no_wrap=True, overflow="ellipsis", ratio=2)
    table.add_column("route", no_wrap=True)
    table.add_column("kernel", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("checks", "verified", "correct", "tokens", "ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in answers:
        table.add_row(
            one.prompt,
            one.route,
            one.kernel or "-",
            checks_text(list(one.checks)).split(" ")[0],
            _yes_or_no(one.verified),
            _yes_or_no(one.correct),
            str(one.tokens),
            f"{one.ms:.0f}",
        )
    return table


def comparison_table(rows: Sequence[tuple[str, str, Figures]]) -> Table:
    """One row a family and phase. Tokens are the mean, ms the p50; saved is a sum."""
    table = Table(
        title="Before and after approval",
        title_justify="left",
        caption="Held-out prompts are harder than those of learning: compare before with after.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("family", no_wrap=True)
    table.add_column("phase", no_wrap=True)
    for name in ("n", "kernel", "verified", "correct", "tokens", "ms", "saved"):
        table.add_column(name, justify="right", no_wrap=True)
    last = rows[0][0] if rows else ""
    for family, phase, figures in rows:
        if family != last:
            table.add_section()
            last = family
        saved = figures.tokens_saved
        table.add_row(
            family,
            phase,
            str(figures.prompts),
            str(figures.by_kernel),
            f"{figures.verified_rate:.0%}",
            f"{figures.correct_rate:.0%}",
            f"{figures.tokens_per_answer:.0f}",
            f"{figures.p50_ms:.0f}",
            "" if saved is None else f"{saved} {figures.saved_rate:.0%}",
        )
    return table


def _yes_or_no(value: bool | None) -> str:
    return {True: "[green]yes[/]", False: "[red]no[/]", None: "-"}[value]
