"""Measures what routing serves, on the stack that is running.

`manage.py bench served` starts one for it.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kwsite.bench.routing_data import data_sets, split
from kwsite.bench.served.measure import Served, leave_as_fresh, measure_served


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    for name in ("exemplars", "most", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = []
    with Progress(console=Console(stderr=True), refresh_per_second=2) as progress:
        for name in data_sets(options.data):
            cut = split(options.data, name, exemplars=options.exemplars, seed=options.seed)
            prompts = min(options.most, len(cut.inside)) + len(cut.outside)
            bar = progress.add_task(cut.name, total=len(cut.intents) + 2 * prompts)
            found.append(
                measure_served(
                    cut,
                    exemplars=options.exemplars,
                    most=options.most,
                    seed=options.seed,
                    advance=partial(progress.advance, bar),
                )
            )
            leave_as_fresh()
    if options.json:
        print(json.dumps({"bench": "served", "results": [asdict(one) for one in found]}))
    else:
        Console().print(_table(found))


def _table(found: Sequence[Served]) -> Table:
    notes = [f"{one.data}: the head is {one.head}. {one.reason}".strip() for one in found]
    table = Table(
        title=f"Intents as live kernels, {found[0].exemplars} exemplars each, under a ceiling of "
        f"{found[0].ceiling:.0%}",
        title_justify="left",
        caption="\n".join(notes),
        caption_justify="left",
    )
    for column in ("kernels", "routed by"):
        table.add_column(column)
    for column in ("right", "wrong", "outside", "of traffic", "wrong reuse"):
        table.add_column(column, justify="right")
    for one in found:
        for routed in one.routed:
            table.add_row(
                f"{one.kernels} of {one.data}",
                routed.by,
                f"{routed.right}/{routed.inside}",
                str(routed.wrong),
                f"{routed.taken}/{routed.outside}",
                f"{routed.coverage:.1%}",
                f"{routed.wrong_reuse:.1%}",
            )
    return table
