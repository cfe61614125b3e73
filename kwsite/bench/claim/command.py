"""Measures the claim on the running stack of `KW_HOME`.

`manage.py bench claim` starts such a stack for it, and ends it.
"""

import argparse
import logging
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from rich.console import Console
from rich.progress import Progress

from kwsite.bench.claim.arms import ARMS, Means
from kwsite.bench.claim.composites import pairs
from kwsite.bench.claim.families import families
from kwsite.bench.claim.grids import grids, verdict
from kwsite.bench.claim.measure import Claim, all_arms, measure_claim
from kwsite.bench.claim.remembering import Remembering
from kwsite.bench.claim.report import claim_json, read_claim, write_evidence
from kwsite.bench.showing import show, tell_written
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import Connection, find_connection
from trajectories.access import find_key
from workers.backends.choose import live_backend


def main() -> None:
    options = _options()
    claim = read_claim(Path(options.read)) if options.read else _measure(options)
    if options.write:
        tell_written(write_evidence(claim, Path(options.write)))
    show(claim_json(claim), grids(claim), verdict(claim), as_json=options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=int)
    parser.add_argument("--test", type=int)
    parser.add_argument("--composites", type=int)
    parser.add_argument("--families", nargs="+")
    parser.add_argument("--command", default="")
    parser.add_argument("--read", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", default="")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> Claim:
    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it announces every index
    train, test = options.train, options.test
    chosen = [family for family in families() if family.name in options.families]
    connection = find_connection({"base_url": "", "api_key": ""})
    console = Console(stderr=True)
    asked = sum(min(train, len(f.train)) + len(all_arms()) * test for f in chosen)
    asked += len(ARMS) * len(pairs(chosen)) * options.composites
    columns = Progress.get_default_columns()
    progress = Progress(*columns, console=console, refresh_per_second=2)  # it shares the machine
    with ServiceClient(connection) as service, progress:
        bar = progress.add_task("claim", total=asked)
        return measure_claim(
            _means(service, connection),
            chosen,
            model=settings.KW_LLM_MODEL,
            command=options.command,
            train=train,
            test=test,
            composites=options.composites,
            user=User.objects.get(username=connection.admin_user),
            say=lambda text: progress.console.print(text, markup=False, soft_wrap=True),
            advance=lambda: progress.advance(bar),
        )


def _means(service: ServiceClient, connection: Connection) -> Means:
    key = find_key(connection.api_key)
    assert key is not None, "the stack's own key is one of its clients'"
    return Means(service, Remembering(live_backend()), key.client)
