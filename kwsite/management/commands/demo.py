"""Shows the loop on real prompts: learn from answers, have kernels approved, compare."""

import argparse
import json
import sys
from typing import Any

from django.contrib.auth.models import User
from rich.console import Console

from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from kwsite.demo.loop import Demo
from kwsite.demo.report import report_json, rows
from kwsite.demo.table import comparison_table
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--approve", action="store_true", help="approve the candidates itself")
        parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options["json"]
        console = Console(quiet=as_json, highlight=False)
        connection = find_connection(options)
        try:
            with ServiceClient(connection) as client:
                demo = Demo(client, console)
                self._run(demo, console, options, connection.admin_url, connection.admin_user)
        except KeyboardInterrupt:
            console.print("Stopped. Approved kernels stay; run the demo again to compare.")
            return
        if as_json:
            self.stdout.write(json.dumps(report_json(demo.courses)))

    def _run(
        self,
        demo: Demo,
        console: Console,
        options: dict[str, Any],
        admin_url: str,
        admin_user: str,
    ) -> None:
        demo.learn()
        demo.wait_for_candidates()
        for course in demo.courses:
            standing = course.standing
            if standing.obstacle:
                console.print(f"{course.family.name}: no candidate: {standing.obstacle}")
            for version in (*standing.candidates, *filter(None, [standing.live])):
                console.print(f"{course.family.name}: {version}")
        demo.ask_model_first()
        if options["approve"]:
            user = User.objects.filter(username=admin_user).first()
            for version in demo.approve(user):
                console.print(f"approved: {version}")
        elif demo.candidates():
            console.print(
                f"Approve or reject them at {admin_url}kernels/kernelversion/"
                "?state__exact=candidate (select, then choose the action)."
            )
            if options["json"] or not sys.stdin.isatty():
                console.print("Then run `make demo` again: it compares with what is approved.")
                console.print(comparison_table(rows(demo.courses)))
                return
            demo.wait_for_decisions()
        demo.ask_again()
        console.print(comparison_table(rows(demo.courses)))
