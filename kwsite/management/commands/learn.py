"""Fits the router's policy network and the process reward model on what was recorded.

Each goes live only if it beats what is live. The clock does the same whenever there are enough new
rows (the admin's periodic tasks say how often it looks).
"""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from kwsite.management.quick_command import QuickCommand
from training.models import Snapshot
from training.nets.roster import Kind
from training.not_fitted import NotRefitted
from workers.nets import KINDS, learn

FIGURES = {
    "policy": ("outcomes", "live", "challenger", "live_accuracy", "challenger_accuracy"),
    "prm": ("against", "auroc", "live_auroc", "length_auroc"),
}


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=KINDS, help="one of the two nets")
        parser.add_argument("--now", action="store_true", help="also with few new rows")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = [options["only"]] if options["only"] else KINDS
        found = {kind: _round(kind, options["now"]) for kind in kinds}
        if options["json"]:
            print(json.dumps({kind: _as_json(one) for kind, one in found.items()}))
        else:
            Console().print(_table(found))
        if not any(isinstance(one, Snapshot) for one in found.values()):
            raise CommandError("No net was fitted.")


def _round(kind: Kind, now: bool) -> Snapshot | str:
    """What was made, or why nothing was."""
    try:
        return learn(kind, now=now)
    except NotRefitted as error:
        return error.detail


def _as_json(made: Snapshot | str) -> dict[str, Any]:
    if isinstance(made, str):
        return {"id": None, "reason": made}
    figures = {"id": made.pk, "state": made.state, "reason": made.reason, "digest": made.digest}
    return {**figures, **made.metrics}


def _table(found: dict[str, Snapshot | str]) -> Table:
    table = Table(title="Nets", title_justify="left")
    for column in ("net", "state", "loss", "held-out queries", "figures", "gain", "reason"):
        table.add_column(column)
    for kind, made in found.items():
        if isinstance(made, str):
            table.add_row(kind, "not fitted", "", "", "", "", made)
            continue
        metrics, told = made.metrics, made.metadata
        against = metrics.get("comparison", metrics)
        gain = against.get("gain")
        table.add_row(
            kind,
            f"{made.pk} {made.state}",
            f"{told['loss_before']:.3f} -> {told['loss']:.3f}",
            str(metrics["held_out"]),
            "\n".join(
                f"{name} {_shown(metrics[name])}" for name in FIGURES[kind] if name in metrics
            ),
            "" if gain is None else f"{gain:.4f} (at least {against['gain_bound']:.4f})",
            made.reason,
        )
    return table


def _shown(value: float | str | None) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
