"""Shows how searches do, by worker: right answers, gate, latency, hits, router, tokens, reward."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from kwsite.commandline.clients import find_client
from kwsite.commandline.finite import finite
from kwsite.management.quick_command import QuickCommand
from training.figures.by_worker import Figures
from training.figures.rows import DAYS, search_figures
from training.figures.table import as_json, figures_table


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=finite, default=30, help="how far back (30)")
        parser.add_argument("--client", help="the name of one client; else all")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if not DAYS[0] <= days <= DAYS[1]:
            raise CommandError(f"--days is from {DAYS[0]:g} to {DAYS[1]:g}.")
        found = search_figures(days=days, client=find_client(options["client"]))
        if options["json"]:
            self.stdout.write(json.dumps({"days": days, "workers": as_json(found)}))
        elif found:
            Console().print(_table(found, days))
        else:
            self.stdout.write(f"No answer was searched for in the last {days:g} days.")


def _table(found: list[Figures], days: float) -> Table:
    headers, rows = figures_table(found)
    table = Table(title=f"Searches of the last {days:g} days", title_justify="left")
    for header in headers:
        table.add_column(header, justify="right" if header else "left")
    for row in rows:
        table.add_row(*row)
    return table
