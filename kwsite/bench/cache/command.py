"""`bench cache`: its arguments, and one run from a stack of its own to tables."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kwsite.bench.cache.measure import ARMS, SETTINGS, MissedHit, measure_cache, suites
from kwsite.bench.cache.report import as_json, grids, verdict, write_evidence
from kwsite.bench.stack import throwaway_stack
from kwsite.stack.failure import StackFailure


def add_cache_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=_positive, default=300, help="timed, of each kind")
    parser.add_argument("--pairs", type=_positive, help="of each suite; left out: all")
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_cache(options: dict[str, Any]) -> None:
    """Raises StackFailure, UnexpectedReply."""
    errors = Console(stderr=True)
    errors.print("Starting a stack of its own.")
    requests, pairs = options["requests"], options["pairs"]
    total = len(ARMS) * requests + sum(len(each) for _, _, each in suites(pairs))
    columns = (TextColumn("cache"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        throwaway_stack(SETTINGS) as address,
        Progress(*columns, console=errors, refresh_per_second=2) as progress,
    ):
        bar = progress.add_task("cache", total=total)
        try:
            found = measure_cache(
                address,
                requests=requests,
                pairs=pairs,
                advance=lambda done: progress.advance(bar, done),
            )
        except MissedHit as error:
            raise StackFailure(f"Not answered from the cache: {error}") from error
    if options["write"]:
        limited = f" --pairs {pairs}" if pairs else ""
        command = f"manage.py bench cache --requests {requests}{limited}"
        print(f"wrote {write_evidence(found, command, options['write'])}", file=sys.stderr)
    if options["json"]:
        print(json.dumps(as_json(found)))
        return
    console = Console()
    for grid in grids(found):
        console.print(grid.as_table())
    console.print(verdict(found))


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
