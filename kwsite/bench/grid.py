"""A table of text, for the terminal and for Markdown alike; how figures are written in it."""

from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from kwsite.bench.intervals import Interval


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


def percent(one: Interval) -> str:
    return f"{100 * one.value:.0f} % ({100 * one.low:.0f}–{100 * one.high:.0f})"


def points(one: Interval) -> str:
    return f"{100 * one.value:+.0f} ({100 * one.low:+.0f} to {100 * one.high:+.0f})"


def number(one: Interval) -> str:
    return f"{one.value:.0f} ({one.low:.0f}–{one.high:.0f})"
