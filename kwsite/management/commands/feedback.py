"""Says whether an answer was good, and its worker and its steps where it was searched for."""

import argparse
import json
from typing import Any

from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import add_connection_arguments, find_connection
from kwsite.commandline.feedback_arguments import (
    add_feedback_arguments,
    feedback_body,
    feedback_words,
)
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_feedback_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print what was recorded as JSON")
        add_connection_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with ServiceClient(find_connection(options)) as client:
            recorded = client.feedback(feedback_body(options))
        if options["json"]:
            self.stdout.write(json.dumps(recorded))
            return
        self.stdout.write(f"recorded: {feedback_words(recorded)}")
