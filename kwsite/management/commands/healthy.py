"""Says whether beat or a training node works: a health check of containers without a port."""

import socket
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from kwsite.management.quick_command import QuickCommand
from training.nodes.models import TrainingNode

BEAT_SILENT_AFTER_S = 120.0  # it writes down what it has sent twice a minute


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True)
        parts.add_parser("beat", help="by what it wrote down that it has sent")
        parts.add_parser("node", help="one of this host, by its heartbeat")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["part"] == "beat":
            _require_beat()
        else:
            _require_node(socket.gethostname())
        self.stdout.write("ok")


def _require_beat() -> None:
    sent = PeriodicTask.objects.filter(last_run_at__isnull=False).order_by("-last_run_at")
    newest = sent.values_list("last_run_at", flat=True).first()
    if newest is None:
        raise CommandError("Beat has sent nothing yet.")
    silent_s = (timezone.now() - newest).total_seconds()
    if silent_s > BEAT_SILENT_AFTER_S:
        raise CommandError(f"Beat has sent nothing for {silent_s:.0f} s.")


def _require_node(host: str) -> None:
    """Nodes have Celery's names, NAME@host. One that lives is enough: older names stay as rows."""
    nodes = list(TrainingNode.objects.filter(name__endswith=f"@{host}"))
    if not nodes:
        raise CommandError(f"No training node has registered on {host}.")
    if not any(node.is_alive for node in nodes):
        names = ", ".join(node.name for node in nodes)
        raise CommandError(f"{names} has not been heard of lately.")
