"""`bench home`: its arguments, and one run from parts of its own to a table."""

import argparse
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from kwsite.bench.arguments import positive
from kwsite.bench.grid import Grid
from kwsite.bench.home.measure import HomeFigures, measure_home
from kwsite.bench.showing import show, tell_written

GOAL_MS = 300.0
ROWS = 200_000


def add_home_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=positive, default=ROWS, help="trajectories, beforehand")
    parser.add_argument("--looks", type=positive, default=40, help="at each page")
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_home(options: dict[str, Any]) -> None:
    """Raises StackFailure, UnexpectedReply."""
    told = Console(stderr=True).print
    told("Starting a database, a broker and a web server of its own.")
    found = measure_home(rows=options["rows"], looks=options["looks"], told=told)
    if options["write"]:
        tell_written([_write(found, options, options["write"])])
    as_json = {"bench": "home", "goal": {"p95_ms": GOAL_MS}, **asdict(found)}
    show(as_json, [grid(found)], verdict(found), as_json=options["json"])


def grid(found: HomeFigures) -> Grid:
    return Grid(
        f"Home beside {found.rows:,} trajectories",
        ("time", "of", "p50 ms", "p95 ms"),
        tuple(
            (
                f"{one.days} day{'s' if one.days > 1 else ''}",
                "one client" if one.one_client else "all clients",
                f"{one.p50_ms:.0f}",
                f"{one.p95_ms:.0f}",
            )
            for one in found.pages
        ),
    )


def verdict(found: HomeFigures) -> str:
    slowest = max(one.p95_ms for one in found.pages)
    said = "held" if slowest < GOAL_MS else "missed"
    return (
        f"The slowest 95th percentile is {slowest:.0f} ms: the goal of {GOAL_MS:.0f} is {said}.\n"
        f"To store an answer takes the database {found.marked_ms:.2f} ms with the marks that keep "
        f"the rollups,\n{found.unmarked_ms:.2f} without them (median)."
    )


def _write(found: HomeFigures, options: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "home.md"
    command = f"manage.py bench home --rows {options['rows']} --looks {options['looks']}"
    intro = (
        f"`{command}`, on a database, a broker and a web server of its own, which\n"
        f"share {os.cpu_count()} cores with who asks (load {found.load:.1f} at the end). The "
        "answers are those of 8 clients over 90 days,\nby all routes, some of them judged. A "
        "signed-in browser asks for the whole page over HTTP, one at a time.\nThe goal: under "
        f"{GOAL_MS:.0f} ms. Storing took {found.filled_s:.0f} s, counting all rollups "
        f"{found.counted_s:.0f} s."
    )
    text = f"# Home\n\n{intro}\n\n{grid(found).as_markdown()}\n{verdict(found)}\n"
    path.write_text(text, encoding="utf-8")
    return path
