"""Shows the loop on real prompts: repeated work, candidates, approval, and what it saves."""

import json
import time
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.live import Live
from rich.progress import Progress

from kernels.review import approve_candidate
from kwsite.commandline.service import (
    Service,
    add_service_arguments,
    clear_errors,
    service_of,
)
from kwsite.demo.asking import Outcome, ask
from kwsite.demo.candidates import is_covered, versions_for, why_not
from kwsite.demo.families import FAMILIES, Family, Task
from kwsite.demo.tables import comparison, comparison_table, live_table
from kwsite.env import home

CANDIDATES_WITHIN_S = 90
REFRESH_HZ = 4


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_service_arguments(parser)
        parser.add_argument("--approve", action="store_true", help="approve the candidates itself")

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = Console(stderr=options["json"])
        self.service = service_of(options)
        with clear_errors(self.service):
            rows = self._show(approve=options["approve"])
        if options["json"]:
            self.stdout.write(json.dumps(rows))

    def _show(self, *, approve: bool) -> dict[str, Any]:
        for family in FAMILIES:
            if versions_for(family, ["live"]):
                self.console.print(f"A kernel for {family.name} is live from an earlier demo.")
        before = self._ask_all("Held-out prompts, before", _tasks("held_out"), tell=False)
        self._ask_all("Repeated work", _tasks("learning"), tell=True)
        self._wait_for_candidates()
        if approve:
            self._approve()
        elif not self._wait_for_operator():
            return {}
        after = self._ask_all("The same held-out prompts, after", _tasks("held_out"), tell=False)
        rows = comparison(before, after)
        self.console.print(comparison_table(rows))
        return rows

    def _ask_all(
        self, title: str, tasks: Iterable[tuple[Family, Task]], *, tell: bool
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        with Live(console=self.console, refresh_per_second=REFRESH_HZ) as live:
            for family, task in tasks:
                outcomes.append(ask(self.service, family, task, tell=tell))
                live.update(live_table(title, outcomes))
        return outcomes

    def _wait_for_candidates(self) -> None:
        with Progress(console=self.console, transient=True) as progress:
            bar = progress.add_task("Waiting for candidates", total=CANDIDATES_WITHIN_S)
            for _ in range(CANDIDATES_WITHIN_S):
                if all(is_covered(family) for family in FAMILIES):
                    break
                time.sleep(1)
                progress.advance(bar)
        for family in FAMILIES:
            for version in versions_for(family, ["candidate"]):
                self.console.print(f"Candidate for {family.name}: {version.kernel.name}")
            if not is_covered(family):
                self.console.print(f"No candidate for {family.name}: {why_not(family)}")

    def _approve(self) -> None:
        operator = get_user_model().objects.filter(is_superuser=True).first()
        for family in FAMILIES:
            for version in versions_for(family, ["candidate"]):
                approve_candidate(version=version, user=operator, reason="approved by the demo")
                self.console.print(f"Approved {version.kernel.name}.")

    def _wait_for_operator(self) -> bool:
        """Whether the operator approved every candidate; without a terminal nobody is waited for."""
        kept = json.loads((home() / "connection.json").read_text())
        link = f"{kept['admin_url']}kernels/kernelversion/?state__exact=candidate"
        self.console.print(
            f"Approve the candidates at {link}\n"
            f"(user {kept['admin_user']}, password {kept['admin_password']}), "
            "or run the demo with --approve."
        )
        if not self.console.is_terminal:
            return False
        with self.console.status("Waiting for your approval; Ctrl-C ends the demo."):
            while any(versions_for(family, ["candidate"]) for family in FAMILIES):
                time.sleep(1)
        return True


def _tasks(part: str) -> list[tuple[Family, Task]]:
    return [(family, task) for family in FAMILIES for task in getattr(family, part)]
