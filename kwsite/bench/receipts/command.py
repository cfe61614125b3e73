"""Measures what receipts cost, on the stack that is running.

`manage.py bench receipts` starts one for it.
"""

import argparse
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from kwsite.bench.grid import Grid
from kwsite.bench.receipts.measure import Found, measure_receipts
from kwsite.bench.showing import show, tell_written

ROUTES = 2
GOAL_US = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, required=True)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Progress(console=Console(stderr=True), refresh_per_second=2) as progress:
        bar = progress.add_task("receipts", total=ROUTES * options.answers)
        found = measure_receipts(options.answers, partial(progress.advance, bar))
    if options.write:
        tell_written([_write(found, options.answers, options.write)])
    said = {"bench": "receipts", "goal_us": GOAL_US, **asdict(found)}
    show(said, _grids(found), _verdict(found), as_json=options.json)


def _grids(found: Found) -> list[Grid]:
    return [
        Grid(
            "A receipt by itself, microseconds",
            ("route", "file bytes", "step", "p50", "p99"),
            tuple(
                (
                    one.route,
                    str(one.file_bytes),
                    part.name,
                    f"{part.p50_us:.0f}",
                    f"{part.p99_us:.0f}",
                )
                for one in found.recorded
                for part in one.parts
            ),
        ),
        Grid(
            "Recording an answer, p50 ms",
            ("route", "answers", "without", "with", "more", "ratio"),
            tuple(
                (
                    one.route,
                    str(one.answers),
                    f"{one.without_ms:.2f}",
                    f"{one.with_ms:.2f}",
                    f"{one.with_ms - one.without_ms:+.2f}",
                    f"{one.ratio:.2f}",
                )
                for one in found.recorded
            ),
        ),
    ]


def _verdict(found: Found) -> str:
    slowest = max(
        sum(part.p50_us for part in one.parts if part.name != "verify") for one in found.recorded
    )
    held = "under" if slowest < GOAL_US else "over"
    return (
        f"Drawing up, writing and signing a receipt takes {slowest:.0f} us p50 at most, {held} the "
        f"goal of {GOAL_US:,} us."
    )


def _write(found: Found, answers: int, folder: Path) -> Path:
    intro = (
        f"`manage.py bench receipts --answers {answers}`, on a stack of its own. Answers are "
        "recorded with a key set and\nwithout one, in turns; between them lies one INSERT more, "
        f"in the same transaction. The machine has {os.cpu_count()} cores\nand was shared with "
        f"other work (load {found.load:.1f} at the end), so times are upper bounds; the ratio is "
        "what compares."
    )
    tables = (grid.as_markdown().rstrip() for grid in _grids(found))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "receipts.md"
    text = "\n\n".join(["# What receipts cost", intro, _verdict(found), *tables])
    path.write_text(f"{text}\n", encoding="utf-8")
    return path
