"""`manage.py train runs | show | cancel`: fine-tuning runs on the command line."""

import getpass
import json
import uuid
from argparse import _SubParsersAction
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from rich.console import Console, Group
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kwsite.bench.arguments import positive
from training.lora.loss_chart import sparkline
from training.lora.models import LoraRun
from training.lora.runs import ask_to_cancel

LOG_LINES = 20
MOST = 10_000  # runs in a listing
COMMANDS = ("runs", "show", "cancel")


def add_run_commands(commands: "_SubParsersAction[Any]") -> None:
    listing = commands.add_parser("runs", help="the newest runs, and how far each is")
    listing.add_argument("--state", choices=LoraRun.State.values)
    listing.add_argument("--limit", type=positive, default=20)
    listing.add_argument("--json", action="store_true", help="print one JSON object a line")

    showing = commands.add_parser("show", help="one run: its progress, curve, job and log")
    showing.add_argument("run", help="its id, or the beginning of it")
    showing.add_argument("--json", action="store_true", help="print one JSON object")

    cancelling = commands.add_parser("cancel", help="end a run without an adapter")
    cancelling.add_argument("run", help="its id, or the beginning of it")
    cancelling.add_argument("--reason", default="", help="kept with the run")


def run_train_command(options: dict[str, Any], out: OutputWrapper) -> None:
    """Raises CommandError."""
    if options["command"] == "runs":
        _list(options, out)
    elif options["command"] == "show":
        _show(options, out)
    else:
        _cancel(options, out)


def _list(options: dict[str, Any], out: OutputWrapper) -> None:
    runs = LoraRun.objects.select_related("client", "node").defer("curve", "log")
    if options["state"]:
        runs = runs.filter(state=options["state"])
    found = list(runs[: min(options["limit"], MOST)])
    if options["json"]:
        for run in found:
            out.write(json.dumps(_as_json(run)))
        return
    if not found:
        out.write("There is no such run.")
        return
    table = Table()
    for column in ("run", "family", "client", "state", "progress", "tokens/s", "device", "node"):
        table.add_column(
            column,
            justify="right" if column == "tokens/s" else "left",
            overflow="fold",
            min_width=8 if column == "run" else None,
        )
    for run in found:
        table.add_row(
            str(run.pk)[:8],
            escape(run.label[:40]),
            escape(run.client.name),
            run.state,
            f"{run.iteration}/{run.job.get('iterations', '?')}",
            "" if run.tokens_per_s is None else f"{run.tokens_per_s:,.0f}",
            run.device,
            escape(run.node.name) if run.node else "",
        )
    Console().print(table)


def _show(options: dict[str, Any], out: OutputWrapper) -> None:
    run = find_run(options["run"])
    if options["json"]:
        out.write(json.dumps({**_as_json(run), "curve": run.curve, "log": run.log}))
        return
    bar = ProgressBar(total=1.0, completed=min(1.0, run.progress), width=60)
    validation = [point for point in run.curve if point[2] is not None]
    Console().print(
        Group(
            Text(f"{run.pk} · {run.label} · {run.state} · attempt {run.attempts}"),
            *([Text(run.reason)] if run.reason else []),
            bar,
            Text(f"\niteration {run.iteration} of {run.job.get('iterations', '?')}"),
            *([Text(_losses(run))] if run.curve else []),
            *([Text(f"validation loss {validation[-1][2]:.4f}")] if validation else []),
            Text(json.dumps(run.job)),
            *([Text(f"adapter {run.artifact}")] if run.artifact else []),
            *(Text(line) for line in run.log.splitlines()[-LOG_LINES:]),
        )
    )


def _losses(run: LoraRun) -> str:
    told = [point[1] for point in run.curve if point[1] is not None]
    if not told:
        return "no loss was told yet"
    return f"loss {told[0]:.4f} {sparkline(run.curve)} {told[-1]:.4f}"


def _cancel(options: dict[str, Any], out: OutputWrapper) -> None:
    run = find_run(options["run"])
    by = f"{getpass.getuser()}, at the command line"
    if not ask_to_cancel(run=run, by=by, why=options["reason"].strip()):
        raise CommandError(f"{run.pk} has ended, or is being cancelled already.")
    run.refresh_from_db()
    ended = run.state == LoraRun.State.CANCELLED
    out.write("Cancelled." if ended else "Its node ends it when it hears of it, within seconds.")


def find_run(named: str) -> LoraRun:
    """By an id, or by the beginning of one. Raises CommandError."""
    if not named or set(named.lower()) - set("0123456789abcdef-"):
        raise CommandError(f"{named!r} is no id of a run.")
    runs = LoraRun.objects.select_related("client", "node")
    digits = named.lower().replace("-", "").ljust(32, "0")
    least, most = digits[:32], named.lower().replace("-", "").ljust(32, "f")[:32]
    found = list(runs.filter(pk__gte=uuid.UUID(least), pk__lte=uuid.UUID(most))[:2])
    if len(found) != 1:
        count = "Several runs begin" if found else "No run begins"
        raise CommandError(f"{count} with {named}.")
    return found[0]


def _as_json(run: LoraRun) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "client": run.client.name,
        "label": run.label,
        "state": run.state,
        "reason": run.reason,
        "iteration": run.iteration,
        "iterations": run.job.get("iterations"),
        "tokens_per_s": run.tokens_per_s,
        "device": run.device,
        "node": run.node.name if run.node else None,
        "attempts": run.attempts,
        "artifact": run.artifact,
        "created_at": run.created_at.isoformat(),
    }
