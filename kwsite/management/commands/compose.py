"""Works with compositions in JSON files: `check`, `add`, `run`."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from pydantic import ValidationError

from kernels.algebra.drawing import drawn
from kernels.algebra.execution import Done, Failed, PlanState, outcome
from kernels.algebra.plan import Composition as Plan
from kernels.compositions import (
    Checked,
    CompositionRefused,
    accepted_input,
    add_composition,
    check,
    finding_json,
    pinned,
    require_preconditions,
)
from kwsite.api.body_model import refuse
from kwsite.commandline.clients import find_client
from kwsite.management.quick_command import QuickCommand
from trajectories.errors import KernelWeaveError
from trajectories.models import Client
from workers.backends.choose import live_backend
from workers.plan_here import run_here


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        for name, what in (
            ("check", "draw the plan, and say what does not fit and for which value"),
            ("add", "store it as a candidate, if it fits"),
            ("run", "run it once in this process, if it fits, and store nothing"),
        ):
            command = commands.add_parser(name, help=what)
            command.add_argument("file", type=Path, help="name, plan and, if need be, input_schema")
            command.add_argument("--client", help="whose it is (default: everybody's)")
            command.add_argument("--json", action="store_true", help="print one JSON object")
            if name == "run":
                command.add_argument("input", help="a JSON object, or a prompt")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            client = find_client(options["client"])
            plan = _read(options["file"], client)
            getattr(self, f"_{options['command']}")(plan, client, options)
        except KernelWeaveError as error:
            raise CommandError(error.detail) from error

    def _check(self, plan: Plan, client: Client | None, options: dict[str, Any]) -> None:
        checked = check(plan, client)
        report = checked.report
        if options["json"]:
            found = [finding_json(finding) for finding in report.findings]
            self.stdout.write(json.dumps({"fits": report.fits, "findings": found}))
        else:
            self.stdout.write(drawn(plan.plan))
            for finding in report.findings:
                self.stdout.write(str(finding))
        if not report.fits:
            raise CommandError("It does not fit.")
        if not options["json"]:
            self.stdout.write("It fits: each output satisfies the input of the step after it.")

    def _add(self, plan: Plan, client: Client | None, options: dict[str, Any]) -> None:
        added = add_composition(plan=plan, client=client)
        if options["json"]:
            self.stdout.write(json.dumps({"id": str(added.pk), "state": added.state}))
            return
        self.stdout.write(f"Candidate: {added}. Approve it in the admin, under Compositions.")

    def _run(self, plan: Plan, client: Client | None, options: dict[str, Any]) -> None:
        checked = check(plan, client)
        if not checked.report.fits:
            raise CompositionRefused(checked.report)
        state = self._ended(checked, _input(options["input"]))
        found = outcome(state)
        if isinstance(found, Failed):
            raise CommandError(f"It failed: {found.reason}")
        assert isinstance(found, Done)  # it ran to its end
        self.stdout.write(json.dumps(found.output, ensure_ascii=False))

    def _ended(self, checked: Checked, given: dict[str, Any]) -> PlanState:
        accepted = accepted_input(checked.plan, checked.report.input_schema, given)
        require_preconditions(checked.plan, checked.kernels, accepted)
        return run_here(checked.plan, checked.kernels, accepted, live_backend())


def _read(file: Path, client: Client | None) -> Plan:
    try:
        document = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{file}: a composition is a JSON object with a name and a plan.")
    whole = pinned(document, client)
    try:
        return Plan.model_validate(whole)
    except ValidationError as error:
        refuse(error, whole)


def _input(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"prompt": text}
