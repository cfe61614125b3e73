"""Fine-tuning runs: `runs` lists them, `show` shows one, `cancel` ends one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kwsite.commandline.train_runs import add_run_commands, run_train_command


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        add_run_commands(parser.add_subparsers(dest="command", required=True))

    def handle(self, *args: Any, **options: Any) -> None:
        run_train_command(options, self.stdout)
