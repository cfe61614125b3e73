"""Joins this machine as a node that fine-tunes: checks what it needs, then works until Ctrl-C."""

import os
import sys
from typing import Any

from django.core.management.base import CommandParser

from kwsite.commandline.joining import check_node
from kwsite.env import CHECKOUT
from kwsite.management.quick_command import QuickCommand
from kwsite.stack.service import NODE_APP
from training.lora.job import DEVICES, QUEUES, Device


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--device", choices=DEVICES, default="cpu", help="cpu if left out")
        parser.add_argument(
            "--name", help="one of its own for each node of a machine (node-DEVICE if left out)"
        )
        parser.add_argument("--check", action="store_true", help="only say whether it could join")

    def handle(self, *args: Any, **options: Any) -> None:
        device: Device = options["device"]
        for line in check_node(device):
            self.stdout.write(line)
        if not options["check"]:
            self.stdout.flush()
            os.chdir(CHECKOUT)
            os.execv(sys.executable, worker_command(device, options["name"] or f"node-{device}"))


def worker_command(device: Device, name: str) -> list[str]:
    """Celery's worker for this device: one run at a time."""
    return [
        *(sys.executable, "-m", "celery", *NODE_APP, "worker", "--queues", QUEUES[device]),
        *("--pool", "threads", "--concurrency", "1"),
        *("--hostname", f"{name}@%h", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
