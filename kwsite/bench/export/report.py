"""The figures of exports: tables, Markdown, and one JSON object."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kwsite.bench.grid import Grid


@dataclass(frozen=True)
class Measured:
    """An export of `rows` trajectories. Memory in MiB: before it began, and at its peak."""

    rows: int
    lessons: int
    lines: int
    bytes: int
    groups: int
    largest: int  # lessons of the largest group of near-duplicates
    unseen: int
    seconds: float
    cpu_seconds: float  # of this process, without Postgres
    before_mib: float
    peak_mib: float
    steps: dict[str, float]  # seconds
    compared: int  # validation lessons, each with all training lines
    nearest: float
    problems: int
    load: float

    @property
    def rows_a_second(self) -> float:
        return self.rows / self.seconds

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "rows_a_second": self.rows_a_second}


def grids(found: Sequence[Measured]) -> list[Grid]:
    columns = (
        "trajectories",
        "lessons",
        "lines",
        "MB",
        "seconds",
        "of it CPU",
        "rows a second",
        "peak MiB",
        "before",
    )
    rows = tuple(
        (
            f"{one.rows:,}",
            f"{one.lessons:,}",
            f"{one.lines:,}",
            f"{one.bytes / 1e6:.1f}",
            f"{one.seconds:.1f}",
            f"{one.cpu_seconds:.1f}",
            f"{one.rows_a_second:,.0f}",
            f"{one.peak_mib:.0f}",
            f"{one.before_mib:.0f}",
        )
        for one in found
    )
    checked = tuple(
        (
            f"{one.rows:,}",
            f"{one.groups:,}",
            f"{one.largest:,}",
            f"{one.unseen:,}",
            f"{one.compared:,}",
            f"{one.nearest:.2f}",
            str(one.problems),
        )
        for one in found
    )
    steps = tuple(
        (step, *(f"{one.steps[step]:.1f}" for one in found)) for step in found[0].steps if step
    )
    return [
        Grid("Exports", columns, rows),
        Grid("Seconds by step", ("step", *(f"{one.rows:,}" for one in found)), steps),
        Grid(
            "Groups of near-duplicates, and what the check found of so many validation lessons",
            (
                "trajectories",
                "groups",
                "the largest",
                "uncompared",
                "checked",
                "nearest",
                "problems",
            ),
            checked,
        ),
    ]


def verdict(found: Sequence[Measured]) -> str:
    first, last = found[0], found[-1]
    said = (
        f"{last.rows:,} trajectories are exported in {last.seconds:.0f} s "
        f"({last.rows_a_second:,.0f} a second) with {last.peak_mib:.0f} MiB at the most"
    )
    if len(found) == 1:
        return f"{said}."
    growth = (last.peak_mib - first.peak_mib) / (last.rows - first.rows) * 1024**2
    return f"{said}: {growth:+.0f} bytes a trajectory more than {first.rows:,} take."


def write_evidence(found: Sequence[Measured], command: str, folder: Path) -> Path:
    """The tables as Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "export.md"
    loads = " to ".join(f"{load:.1f}" for load in sorted({one.load for one in found}))
    intro = (
        f"`{command}`, on a Postgres of its own, each export in a process of its own. The machine "
        f"has {os.cpu_count()} cores and\nwas shared with other work (load {loads}), so times are "
        "upper bounds. Memory is the process's high-water mark\n(`VmHWM`), with the pages of its "
        "files that were mapped; Postgres is not in it."
    )
    tables = (grid.as_markdown().rstrip() for grid in grids(found))
    parts = ["# Export for fine-tuning", intro, verdict(found), *tables, NOTES]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


NOTES = """\
- Half of the trajectories are requests with a stored digest of their question, half are agents'. Of
  these, prompts of up to 200 characters are read for what they ask ("reading trajectories").
- Three fifths of the prompts are new, a fifth has a word more than an earlier one, a fifth is an
  earlier one. Their words are made up, a few of them frequent and most of them rare.
- The check shares no code with the grouping but the cutting of a text into words: it counts the
  word pairs that each sampled validation lesson has in common with each line of the training file.
- Memory grows until SQLite's cache and its sorters (32 MiB each) are full, and then no more.
- Not covered: paraphrases in other words; they may fall on both sides."""
