"""Trains now what the clock trains at night, and shows what is trained where."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from rich.console import Console

from kwsite.commandline.nightly_progress import follow_plan, plan_table
from kwsite.commandline.train_runs import add_run_commands, run_train_command
from kwsite.management.quick_command import QuickCommand
from training.models import NightlyPlan, NightlyStep
from training.nightly.errors import PlanRunning
from workers.nightly.plans import ask_to_advance, begin_plan, cancel_plan
from workers.queueing import QueueUnavailable


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        nightly = commands.add_parser("nightly", help="begin a plan and follow it to its end")
        how = nightly.add_mutually_exclusive_group()
        how.add_argument("--no-wait", action="store_true", help="only begin it")
        how.add_argument("--follow", action="store_true", help="follow the one that runs")
        how.add_argument("--cancel", action="store_true", help="end the one that runs")
        nightly.add_argument("--json", action="store_true", help="print its steps as JSON")
        add_run_commands(commands)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] != "nightly":
            run_train_command(options, self.stdout)
            return
        plan = self._plan(options)
        console = Console(stderr=options["json"])
        if options["cancel"]:
            done = cancel_plan(plan=plan)
            console.print(
                "Cancelled. What is live stays as it is." if done else "It has ended by itself."
            )
        elif not options["no_wait"] and not self._followed(plan, console):
            return
        plan.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(plan)))
        elif options["cancel"] or options["no_wait"]:
            console.print(plan_table(plan))
        if not (options["cancel"] or options["no_wait"]):
            _require_success(plan)

    def _followed(self, plan: NightlyPlan, console: Console) -> bool:
        """To its end; Ctrl-C stops only the showing."""
        try:
            follow_plan(plan, console)
        except KeyboardInterrupt:
            console.print("It goes on. `manage.py train nightly --follow` shows it again.")
            return False
        return True

    def _plan(self, options: dict[str, Any]) -> NightlyPlan:
        if options["follow"] or options["cancel"]:
            running = NightlyPlan.objects.filter(state=NightlyPlan.State.RUNNING).first()
            if running is None:
                raise CommandError("No plan is running. `manage.py train nightly` begins one.")
            return running
        try:
            plan, _ = begin_plan(key=f"by hand, {timezone.now():%Y-%m-%d %H:%M:%S} UTC")
        except PlanRunning as error:
            raise CommandError(
                f"{error.detail} `manage.py train nightly --follow` shows it."
            ) from error
        try:
            ask_to_advance()
        except QueueUnavailable:
            self.stderr.write(
                f"The plan {plan.key!r} has begun; the broker is away, so it is carried on when "
                "that is back."
            )
        return plan


def _require_success(plan: NightlyPlan) -> None:
    """A script that trains at night learns from the exit code how the night ended."""
    if plan.state == NightlyPlan.State.CANCELLED:
        raise CommandError("Somebody cancelled it before its end.")
    failed = plan.steps.filter(state=NightlyStep.State.FAILED)
    if failed:
        raise CommandError(
            f"{len(failed)} of {plan.steps.count()} steps failed; what they would have replaced "
            f"stays live. The first: {failed[0].kind}: {failed[0].reason}"
        )


def _as_json(plan: NightlyPlan) -> dict[str, Any]:
    steps = [
        {
            "kind": step.kind,
            "family": step.subject.get("label"),
            "state": step.state,
            "reason": step.reason,
            "result": step.result,
        }
        for step in plan.steps.all()
    ]
    return {"key": plan.key, "state": plan.state, "steps": steps}
