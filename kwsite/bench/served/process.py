"""Starts a stack of its own and measures on its database what routing serves."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from kwsite.bench.own_process import measure_in_own_process
from kwsite.bench.routing_data import data_sets
from kwsite.bench.stack import own_environment, throwaway_stack
from kwsite.stack.failure import StackFailure

EXEMPLARS, CEILING, MOST = 30, 0.05, 600


def add_served_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default=settings.KW_BENCH_DATA, help="folder of the data")
    parser.add_argument("--exemplars", type=int, default=EXEMPLARS, help="a kernel")
    parser.add_argument("--ceiling", type=float, default=CEILING, help="of wrong reuse")
    parser.add_argument("--most", type=int, default=MOST, help="prompts in scope to route")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_served(options: dict[str, Any]) -> None:
    """Raises UnusableData, and StackFailure when the stack or the measurement ends early."""
    if not options["data"]:
        raise StackFailure("Say where the data are: --data DIR, or KW_BENCH_DATA")
    data_sets(Path(options["data"]))  # raises before a stack is started
    print("Starting a stack of its own.", file=sys.stderr)
    ceiling = {"KW_WRONG_REUSE_CEILING": str(options["ceiling"])}
    with throwaway_stack(ceiling) as address:
        arguments = ["--data", str(Path(options["data"]).absolute())]
        for name in ("exemplars", "most", "seed"):
            arguments += [f"--{name}", str(options[name])]
        arguments += ["--json"] if options["json"] else []
        measure_in_own_process("served", arguments, own_environment(address.home) | ceiling)
