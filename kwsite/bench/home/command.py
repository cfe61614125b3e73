"""Fills the database that is running, and counts it: `manage.py bench home` starts both."""

import argparse
import json
import secrets
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from django.contrib.auth.models import User
from django.core.management import call_command
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kwsite.bench.home.filling import fill, hours_to_count
from kwsite.bench.home.marks import measure_marks
from kwsite.bench.home.parts import Filled
from workers.tasks.rollups import count_for

USER = "bench"
TURN_S = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--result", type=Path, required=True)
    options = parser.parse_args()
    call_command("migrate", interactive=False, verbosity=0)
    password = secrets.token_urlsafe(18)
    User.objects.create_superuser(USER, password=password)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        bar = progress.add_task("stored", total=options.rows)
        began = perf_counter()
        client = fill(options.rows, lambda done: progress.advance(bar, done))
        filled_s = perf_counter() - began
        counted_s = _count(progress)
    cost = measure_marks(rows=options.rows, client=client)
    found = Filled(
        client=client,
        filled_s=filled_s,
        counted_s=counted_s,
        marked_ms=cost.marked_ms,
        unmarked_ms=cost.unmarked_ms,
        user=USER,
        password=password,
    )
    options.result.write_text(json.dumps(asdict(found)))


def _count(progress: Progress) -> float:
    """Counts all rollups, in turns as the task does; how many seconds it took."""
    hours = hours_to_count()
    bar = progress.add_task("hours counted", total=hours)
    spent = 0.0
    finished = False
    while not finished:
        began = perf_counter()
        finished = count_for(budget_s=TURN_S)
        spent += perf_counter() - began
        progress.update(bar, completed=hours - hours_to_count())
    return spent
