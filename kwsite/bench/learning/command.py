"""Measures learning on the running stack of `KW_HOME`.

`manage.py bench learning` starts such a stack for it, and ends it.
"""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.progress import Progress

from kwsite.bench.learning.grids import grids, verdict
from kwsite.bench.learning.measure import Queries, embed_in_batches, measure_learning
from kwsite.bench.learning.outcome import Learning
from kwsite.bench.learning.process import ROUTED
from kwsite.bench.learning.report import as_json, keep_json, read_learning, write_evidence
from kwsite.bench.learning.routers import measure_routers, routers_grid
from kwsite.bench.learning.stream import crossed, held_out, stream
from kwsite.bench.showing import show, tell_written
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import find_connection
from training.text_vectors import TextVectors
from workers.backends.choose import live_backend

CROSSED_SHARE = 0.5  # of the queries for the router alone


def main() -> None:
    options = _options()
    if options.routers:
        _routers(options)
        return
    found = read_learning(Path(options.read)) if options.read else _measure(options)
    if options.write:
        tell_written(write_evidence(found, Path(options.write)))
    show(as_json(found), grids(found), verdict(found), as_json=options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("count", "told", "tested", "routed"):
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ("command", "read", "write"):
        parser.add_argument(f"--{name}", default="")
    for name in ("json", "routers"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def _routers(options: argparse.Namespace) -> None:
    routed = measure_routers(TextVectors(embed_in_batches), count=ROUTED)
    grid = routers_grid(routed)
    if options.write:
        file = Path(options.write) / "learning-routers.md"
        command = "`manage.py bench learning --routers`"
        file.write_text(f"# Routers without a model\n\n{command}\n\n{grid.as_markdown()}")
        tell_written([file])
    show([asdict(one) for one in routed], [grid], as_json=options.json)


def queries(count: int, tested: int, routed: int) -> Queries:
    """`routed`: those for the router alone; a part of them have other workers' subjects."""
    odd = round(CROSSED_SHARE * routed)
    plain = held_out(tested + routed - odd)
    return Queries(stream(count), plain[:tested], [*plain[tested:], *crossed(odd)])


def _measure(options: argparse.Namespace) -> Learning:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asked = queries(options.count, options.tested, options.routed)
    console = Console(stderr=True)
    progress = Progress(
        *Progress.get_default_columns(), console=console, refresh_per_second=1
    )  # it shares the machine
    connection = find_connection({"base_url": "", "api_key": ""})
    with ServiceClient(connection) as service, progress:
        bar = progress.add_task("learning", total=options.count + 2 * options.tested)
        return measure_learning(
            service,
            live_backend(),
            asked,
            model=settings.KW_LLM_MODEL,
            command=options.command,
            told=min(options.told, options.count),
            say=lambda text: progress.console.print(text, markup=False, soft_wrap=True),
            advance=lambda: progress.advance(bar),
            keep=lambda found: keep_json(found, options.write),
        )
