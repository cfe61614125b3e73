"""Fits the trained routing head; it goes live if it serves better than what is live.

The clock does the same every night (the admin's periodic tasks say when).
"""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kernels.models import RoutingHead
from kwsite.management.quick_command import QuickCommand
from training.not_fitted import NotRefitted
from training.routing.head import STEPS
from workers.refitting import fit_head


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with Progress(console=Console(stderr=True), transient=True) as progress:
                bar = progress.add_task("heads", total=STEPS)
                made = fit_head(lambda: progress.advance(bar))
        except NotRefitted as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            print(
                json.dumps(
                    {"id": made.pk, "state": made.state, "reason": made.reason} | made.metrics
                )
            )
        else:
            Console().print(_table(made))


def _table(made: RoutingHead) -> Table:
    table = Table(
        title=f"Routing head {made.pk}: {made.state}, on {made.metrics['prompts']} prompts",
        title_justify="left",
        caption=made.reason or None,
        caption_justify="left",
    )
    for column in ("", "live", "challenger"):
        table.add_column(column, justify="left" if not column else "right")
    for name in ("right", "wrong"):
        table.add_row(
            f"served {name}", *(str(made.metrics[w][name]) for w in ("live", "challenger"))
        )
    bounds = (f"{made.metrics[who]['bound']:.1%}" for who in ("live", "challenger"))
    table.add_row("wrong at most", *bounds)
    gain = f"{made.metrics['gain']:.4f} (at least {made.metrics['gain_bound']:.4f})"
    table.add_row("gain a prompt", "", gain)
    return table
