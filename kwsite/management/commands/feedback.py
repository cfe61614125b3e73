"""Says whether an answer was good."""

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand

from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from trajectories.models import Feedback


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("run_id", help="the run that `ask` printed")
        parser.add_argument("--verdict", choices=Feedback.Verdict.values)
        parser.add_argument("--rating", type=int, metavar="1-5")
        parser.add_argument("--comment", default="")
        parser.add_argument("--json", action="store_true", help="print what was recorded as JSON")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("run_id", "verdict", "rating", "comment")
        said = {name: options[name] for name in names if options[name] is not None}
        with ServiceClient(find_connection(options)) as client:
            recorded = client.feedback(said)
        if options["json"]:
            self.stdout.write(json.dumps(recorded))
            return
        self.stdout.write(f"recorded: {_words(recorded)}")


def _words(recorded: dict[str, Any]) -> str:
    rating = f"{recorded['rating']} of 5" if recorded["rating"] else ""
    said = (recorded["verdict"], rating, recorded["comment"])
    return ", ".join(part for part in said if part)
