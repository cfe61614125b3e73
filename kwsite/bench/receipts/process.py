"""Starts a stack of its own and measures on its database what receipts cost."""

import argparse
import sys
from pathlib import Path
from typing import Any

from kwsite.bench.arguments import positive
from kwsite.bench.own_process import measure_in_own_process
from kwsite.bench.stack import own_environment, throwaway_stack

ANSWERS = 500
SETTINGS = {"KW_LLM_PROVIDER": "scripted"}


def add_receipts_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--answers", type=positive, default=ANSWERS, help="of each arm")
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_receipts(options: dict[str, Any]) -> None:
    """Raises StackFailure when the stack or the measurement ends early."""
    print("Starting a stack of its own.", file=sys.stderr)
    arguments = ["--answers", str(options["answers"]), *(["--json"] if options["json"] else [])]
    if options["write"]:
        arguments += ["--write", str(options["write"].absolute())]
    with throwaway_stack(SETTINGS) as address:
        measure_in_own_process("receipts", arguments, own_environment(address.home) | SETTINGS)
