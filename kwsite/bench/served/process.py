"""Starts a stack of its own and measures on its database what routing serves."""

import argparse
import subprocess
import sys
from typing import Any

from django.conf import settings

from kwsite.bench.stack import own_environment, throwaway_stack
from kwsite.env import CHECKOUT
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
    """Raises StackFailure when the stack does not start, or the measurement ends early."""
    if not options["data"]:
        raise StackFailure("Say where the data are: --data DIR, or KW_BENCH_DATA")
    print("Starting a stack of its own.", file=sys.stderr)
    ceiling = {"KW_WRONG_REUSE_CEILING": str(options["ceiling"])}
    with throwaway_stack(ceiling) as address:
        command = [sys.executable, "-m", "kwsite.bench.served", "--data", options["data"]]
        for name in ("exemplars", "most", "seed"):
            command += [f"--{name}", str(options[name])]
        command += ["--json"] if options["json"] else []
        environment = own_environment(address.home) | ceiling
        if subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode:
            raise StackFailure("The measurement ended early; the lines above say why.")
