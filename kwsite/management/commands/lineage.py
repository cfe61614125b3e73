"""Shows what shaped an answer and what it shaped; with --retract it is taken back for good."""

import argparse
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("run_id", help="of a run, or of an agent's trajectory")
        parser.add_argument("--retract", metavar="REASON", help="take the answer back: why")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with ServiceClient(find_connection(options)) as client:
            if options["retract"] is not None:
                client.retract(options["run_id"], options["retract"])
            found = client.lineage(options["run_id"])
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        console = Console()
        for title, name in (("Shaped by", "shaped_by"), ("It shaped", "shaped")):
            console.print(_table(title, found[name]))
        if found["retracted"]:
            console.print(f"Retracted: {found['retracted']['reason']}", markup=False)
            for effect, value in found["retracted"]["effects"].items():
                console.print(f"  {effect.replace('_', ' ')}: {value}", markup=False)


def _table(title: str, links: list[dict[str, Any]]) -> Table:
    table = Table(title=title if links else f"{title}: nothing", title_justify="left")
    for column in ("how", "what", "", "id"):
        table.add_column(column)
    for link in links:
        table.add_row(link["how"], link["kind"], link["label"], link["id"])
    return table
