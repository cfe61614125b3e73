"""Exports conversations that went well, to fine-tune a model on: `sft`, `check`."""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console

from kwsite.commandline.clients import find_client
from kwsite.commandline.export_progress import export_progress
from kwsite.commandline.export_tables import check_table, manifest_table
from kwsite.management.quick_command import QuickCommand
from kwsite.stack.llama_model import weights
from training.export.arranging import SplitOptions
from training.export.chat_template import read_template
from training.export.checking import check_export
from training.export.conversation import MAX_CHARS, Rules
from training.export.errors import ExportError
from training.export.export import ExportOptions, export_sft
from training.export.recorded import Choice

SAMPLE = 2_000


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)

        sft = commands.add_parser("sft", help="train and valid lines of chats, by advantage")
        sft.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
        sft.add_argument(
            "--since", type=_moment, help="recorded from then on (a date, or RFC 3339)"
        )
        sft.add_argument("--until", type=_moment, help="recorded before then")
        sft.add_argument(
            "--client", action="append", default=[], help="of this app; again for more"
        )
        sft.add_argument("--domain", action="append", default=[], help="as it says; again for more")
        sft.add_argument("--valid-share", type=_share, default=0.1, help="of the groups (.1)")
        sft.add_argument("--similarity", type=_similarity, default=0.8, metavar="S", help=_SIMILAR)
        sft.add_argument("--seed", type=int, default=0, help="of the split and of the order (0)")
        sft.add_argument("--synthetic", type=Path, metavar="F", help="JSON lines, or a folder")
        sft.add_argument("--text", action="store_true", help="add each chat as the model reads it")

        check = commands.add_parser("check", help="whether an export is whole, and does not leak")
        check.add_argument("folder", type=Path)
        check.add_argument("--sample", type=int, default=SAMPLE, help="valid lessons compared")

        for each in (sft, check):
            each.add_argument("--tokenizer", type=Path, help="a GGUF file, or a folder (embedded)")
            each.add_argument("--max-chars", type=int, default=MAX_CHARS, help="of a chat")
            each.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['command']}")(options)
        except ExportError as error:
            raise CommandError(error.detail) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped: nothing was written.") from None

    def _sft(self, options: dict[str, Any]) -> None:
        for name in options["client"]:
            find_client(name)
        asked = ExportOptions(
            rules=_rules(options),
            choice=Choice(
                clients=tuple(options["client"]),
                domains=tuple(options["domain"]),
                since=options["since"],
                until=options["until"],
            ),
            split=SplitOptions(options["seed"], options["valid_share"], options["similarity"]),
            synthetic=options["synthetic"],
            text=options["text"],
        )
        with export_progress() as (tell, advance):
            manifest = export_sft(folder=options["out"], options=asked, tell=tell, advance=advance)
        if options["json"]:
            self.stdout.write(json.dumps(manifest))
        else:
            Console().print(manifest_table(options["out"], manifest))

    def _check(self, options: dict[str, Any]) -> None:
        report = check_export(options["folder"], rules=_rules(options), sample=options["sample"])
        if options["json"]:
            found = {"lines": report.lines, "compared": report.compared, "nearest": report.nearest}
            self.stdout.write(json.dumps({**found, "problems": report.problems}))
        else:
            Console().print(check_table(report))
        if report.problems:
            raise CommandError(f"{report.kinds.total()} problems.")


_SIMILAR = (
    "share of word pairs in common (above .5) from which two prompts are near-duplicates (.8)"
)


def _rules(options: dict[str, Any]) -> Rules:
    return Rules(read_template(options["tokenizer"] or weights()), options["max_chars"])


def _moment(text: str) -> datetime:
    """A date is its first moment, here."""
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime(day.year, day.month, day.day)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error
    if moment is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no date, and no RFC 3339")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _share(text: str) -> float:
    return _between(text, 0.0, 0.5, "above 0 and at most .5")


def _similarity(text: str) -> float:
    return _between(text, 0.5, 1.0, "above .5 and at most 1")


def _between(text: str, low: float, high: float, said: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = low
    if not low < number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {said}")
    return number
