"""Measures the service. `bench overhead`: what it adds to a request."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kwsite.bench.http_client import UnexpectedReply
from kwsite.bench.overhead import CLIENTS, SETTINGS, measure_overhead
from kwsite.bench.overhead_report import arms_table, overhead_json, stages_table
from kwsite.bench.stack import throwaway_stack
from kwsite.stack.failure import StackFailure

BENCHES = {"overhead": "what the service adds to a request, with a model that answers at once"}


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help=", ".join(BENCHES))
        parser.add_argument("--requests", type=_positive, default=400, help="in each arm")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"] not in BENCHES:
            raise CommandError(_no_such_bench(options["name"]))
        try:
            self._overhead(options["requests"], as_json=options["json"])
        except (StackFailure, UnexpectedReply) as error:
            raise CommandError(str(error)) from error

    def _overhead(self, requests: int, *, as_json: bool) -> None:
        errors = Console(stderr=True)
        errors.print("Starting a stack of its own.")
        with throwaway_stack(SETTINGS) as address, _progress(errors) as progress:
            bar = progress.add_task("overhead", total=2 * len(CLIENTS) * requests)
            overhead = measure_overhead(
                address,
                requests=requests,
                advance=lambda answered: progress.advance(bar, answered),
            )
        if as_json:
            self.stdout.write(json.dumps(overhead_json(overhead)))
            return
        console = Console()
        console.print(arms_table(overhead))
        console.print(stages_table(overhead))


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        refresh_per_second=2,  # It shares the machine with what is measured.
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _no_such_bench(name: str | None) -> str:
    wrong = f"There is no bench {name!r}." if name else "Name a bench."
    benches = "".join(f"\n  {known}  {what}" for known, what in BENCHES.items())
    return f"{wrong} There are:{benches}"
