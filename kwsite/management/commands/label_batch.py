"""Puts the answers that are worth a person's label on the labelling queue of the admin."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from kwsite.management.quick_command import QuickCommand
from training.labels.models import LabelItem
from training.labels.queue import fill_queue
from training.labels.selection import WAYS
from trajectories.markup import brief

MOST = 1_000


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", choices=WAYS, default="mix", help="how they are chosen (mix)")
        parser.add_argument("--count", type=int, default=20, help="at most so many (20)")
        parser.add_argument("--seed", type=int, default=0, help="orders what is equally telling")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["count"] <= MOST:
            raise CommandError(f"--count is from 1 to {MOST}.")
        added = fill_queue(by=options["by"], count=options["count"], seed=options["seed"])
        if options["json"]:
            self.stdout.write(json.dumps({"added": [_as_json(item) for item in added]}))
        elif added:
            Console().print(_table(added))
        else:
            self.stdout.write("No searched answer is worth a label that is not asked for yet.")


def _as_json(item: LabelItem) -> dict[str, Any]:
    return {
        "id": item.pk,
        "trajectory": str(item.trajectory_id),
        "label": item.label,
        "by": item.picked_by,
        "reason": item.reason,
    }


def _table(added: list[LabelItem]) -> Table:
    table = Table(title=f"Added to the labelling queue: {len(added)}", title_justify="left")
    for column in ("prompt", "label", "by", "reason"):
        table.add_column(column)
    for item in added:
        table.add_row(brief(item.trajectory.prompt, 60), item.label, item.picked_by, item.reason)
    return table
