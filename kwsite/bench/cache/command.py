"""`bench cache`: its arguments, and one run from a stack of its own to tables."""

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kwsite.bench.arguments import positive
from kwsite.bench.cache.measure import ARMS, SETTINGS, MissedHit, measure_cache, suites
from kwsite.bench.cache.report import as_json, grids, verdict, write_evidence
from kwsite.bench.showing import show, tell_written
from kwsite.bench.stack import throwaway_stack
from kwsite.stack.failure import StackFailure


def add_cache_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=positive, default=300, help="timed, of each kind")
    parser.add_argument("--pairs", type=positive, help="of each suite; left out: all")
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
        tell_written([write_evidence(found, command, options["write"])])
    show(as_json(found), grids(found), verdict(found), as_json=options["json"])
