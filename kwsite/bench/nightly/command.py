"""Measures a night on the running stack of `KW_HOME`.

`manage.py bench nightly` starts such a stack for it, and ends it.
"""

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from rich.console import Console

from kwsite.bench.claim.contacts import contacts
from kwsite.bench.nightly.mail import mail
from kwsite.bench.nightly.measure import Sizes, measure_night
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
        night = measure_night(
            app,
            other,
            (contacts(options.train + 60), mail()),
            sizes,
            model=settings.KW_LLM_MODEL,
            command=options.command,
            say=lambda text: (
                status.update(text) if console.is_terminal else print(text, flush=True)
            ),
        )
    if options.write:
        tell_written([write_page(night, Path(options.write))])
    show(night.as_json(), grids(night), verdict(night), as_json=options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("train", "test", "iterations"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    for name in ("command", "write"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()
