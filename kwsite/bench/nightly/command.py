"""Measures a night on the running stack of `KW_HOME`.

`manage.py bench nightly` starts such a stack for it, and ends it.
"""

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from rich.console import Console

from kwsite.bench.claim.contacts import contacts
from kwsite.bench.nightly.following import Say
from kwsite.bench.nightly.mail import mail
from kwsite.bench.nightly.measure import Sizes, measure_night
from kwsite.bench.nightly.refusals_report import refusals_grid, refusals_verdict, write_refusals
from kwsite.bench.nightly.refused import measure_refusals
from kwsite.bench.nightly.report import grids, verdict, write_page
from kwsite.bench.showing import show, tell_written
from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import find_connection
from trajectories.access import issue_key
from trajectories.models import Client


def main() -> None:
    options = _options()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    console = Console(stderr=True)
    found = find_connection({"base_url": "", "api_key": ""})
    _, key = issue_key(client=Client.objects.create(name="measuring"), label="bench")
    beside = replace(found, api_key=key)
    sizes = Sizes(options.train, options.test, options.iterations, options.learning_rate)
    with (
        console.status("Starting") as status,
        ServiceClient(found) as app,
        ServiceClient(beside) as other,
    ):

        def say(text: str) -> None:
            status.update(text) if console.is_terminal else print(text, file=sys.stderr, flush=True)

        if options.refused:
            _refused(app, sizes, options, say)
        else:
            _night(app, other, sizes, options, say)


def _night(
    app: ServiceClient, beside: ServiceClient, sizes: Sizes, options: argparse.Namespace, say: Say
) -> None:
    families = (contacts(options.train + 60), mail())
    model = settings.KW_LLM_MODEL
    night = measure_night(
        app, beside, families, sizes, model=model, command=options.command, say=say
    )
    if options.write:
        tell_written([write_page(night, Path(options.write))])
    show(night.as_json(), grids(night), verdict(night), as_json=options.json)


def _refused(app: ServiceClient, sizes: Sizes, options: argparse.Namespace, say: Say) -> None:
    found = measure_refusals(app, mail(), sizes, say=say)
    if options.write:
        tell_written([write_refusals(found, Path(options.write), options.command)])
    rows = [one.as_json() for one in found]
    show(rows, [refusals_grid(found)], refusals_verdict(found), as_json=options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("train", "test", "iterations"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    for name in ("command", "write"):
        parser.add_argument(f"--{name}", default="")
    for name in ("json", "refused"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()
