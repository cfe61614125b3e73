"""`bench skills`: one table, or one JSON object."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kwsite.bench.skills.measure import PARTS, Chosen, measure_skills


def add_skills_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_skills(options: dict[str, Any]) -> None:
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("skills", total=len(PARTS))
        found = measure_skills(settings.KW_SKILL_MIN_COSINE, lambda: progress.advance(bar))
    if options["json"]:
        rows = [{**asdict(one), "top1": one.top1, "accuracy": one.accuracy} for one in found]
        sys.stdout.write(json.dumps({"bench": "skills", "results": rows}) + "\n")
    else:
        Console().print(_table(found))


def _table(found: list[Chosen]) -> Table:
    table = Table(title="The skill that is chosen for a prompt", title_justify="left")
    for column in ("part", "chooser", "right skill", "wrong skill", "rightly none", "accuracy"):
        table.add_column(column, justify="left" if column in ("part", "chooser") else "right")
    for one in found:
        table.add_row(
            one.part,
            one.chooser,
            f"{one.right} of {one.with_skill} ({one.top1:.0%})",
            str(one.wrong),
            f"{one.silent} of {one.without}",
            f"{one.accuracy:.0%}",
        )
    return table
