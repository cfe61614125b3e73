"""Fits the routing calibration again from recorded verdicts; it goes live if it beats the live one.

The clock does the same every night (the admin's periodic tasks say when).
"""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from kernels.models import Calibration
from kwsite.management.quick_command import QuickCommand
from training.not_fitted import NotRefitted
from workers.refitting import refit


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = refit()
        except NotRefitted as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            found = {"id": made.pk, "state": made.state, "reason": made.reason, **made.metrics}
            print(json.dumps(found))
        else:
            Console().print(_table(made))


def _table(made: Calibration) -> Table:
    against = made.metrics["comparison"]
    table = Table(
        title=f"Calibration {made.pk}: {made.state}",
        title_justify="left",
        caption=made.reason or None,
        caption_justify="left",
    )
    for column in ("", "live", "challenger"):
        table.add_column(column, justify="left" if not column else "right")
    losses = (against["live_loss"], against["challenger_loss"])
    table.add_row("log loss of the verdicts", *(f"{loss:.4f}" for loss in losses))
    gain = f"{against['gain']:.4f} (at least {against['gain_bound']:.4f})"
    table.add_row("gain, nats a verdict", "", gain)
    table.add_row("threshold", "", f"{made.weights['threshold']:.3f}")
    table.add_row(
        "wrong of reused",
        f"{made.metrics['live_wrong']}/{made.metrics['live_reused']}",
        f"{made.metrics['general_wrong_reuse']:.2%}",
    )
    if made.metrics["guarded_coverage"]:
        table.add_row("of guarded kernels", "", f"{made.metrics['guarded_wrong_reuse']:.2%}")
    return table
