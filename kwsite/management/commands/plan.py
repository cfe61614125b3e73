"""Explains which way a prompt would go, without going it."""

import argparse
import json
from typing import Any

from rich.console import Console

from kwsite.commandline.chat_arguments import add_chat_arguments, chat_body
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from kwsite.commandline.tables import plan_lines, plan_list
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_chat_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print the decision as JSON")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with ServiceClient(find_connection(options)) as client:
            decision = client.plan(chat_body(options))
        if options["json"]:
            self.stdout.write(json.dumps(decision))
            return
        for line in plan_lines(decision):
            self.stdout.write(line)
        if decision["candidates"]:
            Console(highlight=False).print(plan_list(decision))
