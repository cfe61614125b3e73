"""Works with skills of agents: `import`, `rank`, `shadow`, `switch`."""

import getpass
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kernels.kept_embeddings import lookups, sync_embeddings
from kernels.review import ReviewError
from kernels.skills.choosing import choose_skill
from kernels.skills.importing import import_skills, skill_files
from kernels.skills.shadow_gate import gate
from kernels.skills.shadow_rows import shadow_figures
from kernels.skills.shadowing import shadow_choice
from kernels.skills.switching import Serving, limits, serving_for, switch_routing
from kwsite.bench.arguments import positive
from kwsite.commandline.clients import find_client
from kwsite.commandline.skill_tables import gate_table, import_lines, ranking_table
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)

        importing = commands.add_parser("import", help="take in every SKILL.md below a folder")
        importing.add_argument("folder", type=Path)
        importing.add_argument(
            "--prune", action="store_true", help="make inactive what is gone from the folder"
        )
        _add_common(importing, "whose skills they are (default: everybody's)")

        ranking = commands.add_parser("rank", help="rank skills for a prompt, and record it")
        ranking.add_argument("prompt")
        ranking.add_argument("--limit", type=positive, default=5)
        _add_common(ranking, "for whom (default: the shared skills; nothing is recorded)")

        shadow = commands.add_parser("shadow", help="patterns and vectors side by side")
        _add_common(shadow, "whose records (default: everybody's)")

        switch = commands.add_parser("switch", help="say who chooses skills")
        switch.add_argument("serving", choices=Serving.values)
        switch.add_argument("--reason", required=True, help="kept with the figures")
        _add_common(switch, "for whom (default: all who were not switched themselves)")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['command']}")(options)

    def _import(self, options: dict[str, Any]) -> None:
        folder, client = options["folder"], find_client(options["client"])
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        with _progress() as progress:
            bar = progress.add_task("skills", total=len(skill_files(folder)))
            report = import_skills(
                folder=folder,
                client=client,
                prune=options["prune"],
                advance=lambda: progress.advance(bar),
            )
        if options["json"]:
            found = {**vars(report), "bad": [vars(one) for one in report.bad]}
            self.stdout.write(json.dumps(found))
        else:
            for line in import_lines(report):
                self.stdout.write(line)
        if report.bad:
            raise CommandError(f"{len(report.bad)} files were left out.")

    def _rank(self, options: dict[str, Any]) -> None:
        prompt, client = options["prompt"], find_client(options["client"])
        if not prompt.strip():
            raise CommandError("The prompt is empty.")
        if len(prompt) > settings.KW_MAX_PROMPT_CHARS:
            raise CommandError(f"At most {settings.KW_MAX_PROMPT_CHARS} characters are ranked.")
        sync_embeddings()
        choice = choose_skill(client=client, prompt=prompt)
        sync_embeddings()
        if client is not None and choice.nearest is not None:
            shadow_choice(client=client, prompt=prompt, choice=choice)
        shown = choice.order[: options["limit"]]
        if options["json"]:
            skills = [one.as_json() for one in shown]
            self.stdout.write(json.dumps({**choice.as_json(), "skills": skills}))
        else:
            Console().print(ranking_table(choice, shown))

    def _shadow(self, options: dict[str, Any]) -> None:
        client = find_client(options["client"])
        figures, serving = shadow_figures(client), serving_for(client)
        decision, (hits, misses) = gate(figures, limits()), lookups(days=2)
        if options["json"]:
            found = {
                "serving": serving,
                **figures.as_json(),
                "gate": decision.as_json(),
                "embedding_cache": {"hits": hits, "misses": misses},
            }
            self.stdout.write(json.dumps(found))
        else:
            Console().print(gate_table(serving, figures, decision, (hits, misses)))

    def _switch(self, options: dict[str, Any]) -> None:
        try:
            said = switch_routing(
                client=find_client(options["client"]),
                serving=options["serving"],
                user=None,
                changed_by=f"{getpass.getuser()}, at the command line",
                reason=options["reason"].strip(),
            )
        except ReviewError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps({"serving": said.serving, **said.figures}))
        else:
            self.stdout.write(f"{said}, since {said.changed_at:%Y-%m-%d %H:%M:%S} UTC")


def _add_common(parser: ArgumentParser, client: str) -> None:
    parser.add_argument("--client", help=f"the name of a client: {client}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
