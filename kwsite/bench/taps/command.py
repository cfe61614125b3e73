"""`bench taps`: its arguments, and one run from a stack of its own to a table."""

import argparse
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kwsite.bench.arguments import positive
from kwsite.bench.grid import Grid
from kwsite.bench.showing import show, tell_written
from kwsite.bench.stack import throwaway_stack
from kwsite.bench.taps.agents import KINDS
from kwsite.bench.taps.measure import AGENTS, SETTINGS, TapFigures, measure_taps

GOAL_P99_MS, GOAL_EVENTS = 50.0, 1000.0


def add_taps_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stored", type=positive, nargs="+", default=[10_000], help="trajectories, beforehand"
    )
    parser.add_argument("--seconds", type=positive, default=10, help="of each pace")
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_taps(options: dict[str, Any]) -> None:
    """Raises StackFailure, UnexpectedReply."""
    errors = Console(stderr=True)
    errors.print("Starting a stack of its own.")
    columns = (TextColumn("stored"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        throwaway_stack(SETTINGS) as address,
        Progress(*columns, console=errors, refresh_per_second=2) as progress,
    ):
        bar = progress.add_task("stored", total=max(options["stored"]))
        found = measure_taps(
            address,
            stored=options["stored"],
            seconds=options["seconds"],
            advance=lambda done: progress.advance(bar, done),
        )
    if options["write"]:
        tell_written([_write(found, options, options["write"])])
    told = {"bench": "taps", "goal": {"p99_ms": GOAL_P99_MS, "events_per_s": GOAL_EVENTS}}
    show({**told, **asdict(found)}, [grid(found)], as_json=options["json"])


def grid(found: TapFigures) -> Grid:
    return Grid(
        f"Taps of {AGENTS} agents at once",
        (
            "stored trajectories",
            "pace",
            "taps",
            "p50 ms",
            "p99 ms",
            *(f"{kind} p99" for kind in KINDS),
            "taps/s",
            "events/s",
        ),
        tuple(
            (
                f"{one.stored:,}",
                one.pace,
                f"{one.taps:,}",
                f"{one.p50_ms:.1f}",
                f"{one.p99_ms:.1f}",
                *(f"{one.p99_ms_of[kind]:.1f}" for kind in KINDS),
                f"{one.taps_per_s:.0f}",
                f"{one.events_per_s:.0f}",
            )
            for one in found.results
        ),
    )


def _write(found: TapFigures, options: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "taps.md"
    stored = " ".join(map(str, options["stored"]))
    intro = (
        f"`manage.py bench taps --stored {stored} --seconds {options['seconds']}`, on a stack of "
        f"its own, agents and stack on\nthe same {os.cpu_count()} cores (load {found.load:.1f} at "
        f"the end). The goal: at least {GOAL_EVENTS:,.0f} events a second,\nand a 99th percentile "
        f"below {GOAL_P99_MS:.0f} ms. A tap is acknowledged when it is committed to disk."
    )
    path.write_text(f"# Taps\n\n{intro}\n\n{grid(found).as_markdown()}", encoding="utf-8")
    return path
