"""`manage.py adapters`: what fine-tuned adapters there are, and moving them by hand."""

import getpass
import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kwsite.management.quick_command import QuickCommand
from training.adapters.models import Adapter
from training.adapters.states import MoveRefused, promote, roll_back


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        listing = commands.add_parser("list", help="adapters, the newest first")
        listing.add_argument("--all", action="store_true", help="also those out of service")
        listing.add_argument("--json", action="store_true", help="one JSON object a line")
        for name, what in (
            ("promote", "it answers its family from now on"),
            ("roll-back", "what it replaced answers again"),
        ):
            moving = commands.add_parser(name, help=what)
            moving.add_argument("name", help="of the adapter")
            moving.add_argument("--reason", required=True, help="kept with the move")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] == "list":
            self._list(options)
            return
        adapter = Adapter.objects.filter(name=options["name"]).first()
        if adapter is None:
            raise CommandError(f"There is no adapter {options['name']}. `adapters list --all`?")
        told = {"adapter": adapter, "reason": options["reason"], "by": getpass.getuser()}
        try:
            self._move(options["command"], told)
        except MoveRefused as error:
            raise CommandError(error.detail) from error

    def _move(self, command: str, told: dict[str, Any]) -> None:
        name = told["adapter"].name
        if command == "promote":
            promote(**told)
            self.stdout.write(f"{name} is live.")
            return
        back = roll_back(**told)
        again = back.name if back is not None else "the base model"
        self.stdout.write(f"{name} is rolled back; {again} answers again.")

    def _list(self, options: dict[str, Any]) -> None:
        found = Adapter.objects.select_related("client")
        if not options["all"]:
            found = found.filter(state__in=Adapter.SERVED)
        if options["json"]:
            for adapter in found:
                self.stdout.write(json.dumps(_told(adapter)))
            return
        console = Console()
        with console.capture() as shown:
            console.print(_table([_told(adapter) for adapter in found]))
        self.stdout.write(shown.get(), ending="")


def _table(rows: list[dict[str, Any]]) -> Table | str:
    if not rows:
        return "There are no adapters."
    table = Table()
    for name in rows[0]:
        longest = max(len(str(row[name])) for row in rows) if name == "name" else None
        table.add_column(name.replace("_", " "), overflow="fold", min_width=longest)
    for row in rows:
        table.add_row(*(escape(str(value or "-")) for value in row.values()))
    return table


def _told(adapter: Adapter) -> dict[str, Any]:
    return {
        "name": adapter.name,
        "client": adapter.client.name,
        "state": adapter.state,
        "served_at": adapter.server_url,
        "reason": adapter.reason,
    }
