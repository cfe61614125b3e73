"""Says whether a part without a port of its own works: a health check of containers."""

import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kwsite.health_of_parts import beat_silence, nodes_here, ping_worker

BEAT_SILENT_AFTER_S = 300.0  # it writes down every three minutes what it has sent


class Command(BaseCommand):
    """Asks about this host's parts alone, so that one that hangs is not excused by another."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True)
        worker = parts.add_parser("worker", help="a Celery worker, as in NAME@host")
        worker.add_argument("name")
        worker.add_argument("--timeout", type=float, default=5.0, help="seconds to wait (5)")
        parts.add_parser("beat", help="beat, by what it says it has sent")
        parts.add_parser("node", help="a training node, by its heartbeat")

    def handle(self, *args: Any, **options: Any) -> None:
        host = socket.gethostname()
        if options["part"] == "worker":
            name = f"{options['name']}@{host}"
            _require(ping_worker(name, within_s=options["timeout"]), f"{name} does not answer.")
        elif options["part"] == "beat":
            silent_s = beat_silence()
            _require(silent_s is not None, "Beat has sent nothing yet.")
            _require(
                silent_s is not None and silent_s < BEAT_SILENT_AFTER_S,
                f"Beat has sent nothing for {silent_s:.0f} s.",
            )
        else:
            nodes = nodes_here(host)
            _require(bool(nodes), f"No training node has registered on {host}.")
            _require(
                any(node.is_alive for node in nodes),
                f"{', '.join(node.name for node in nodes)} has not been heard of lately.",
            )
        self.stdout.write("ok")


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise CommandError(otherwise)
