"""Measures the experts' verifiers in a process of its own.

Nothing here needs what only the benchmark needs (requirements/dev.txt).
"""

import argparse
from pathlib import Path
from typing import Any

from kwsite.bench.own_process import measure_in_own_process, require_installed

COUNT = 40


def add_verifiers_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=COUNT, help="generated prompts a family")
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="GSM8K as JSONL: its worked solutions are checked"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_verifiers(options: dict[str, Any]) -> None:
    """Raises StackFailure when the measurement ends early."""
    require_installed("reasoning_gym")
    arguments = ["--count", str(options["count"])]
    arguments += ["--data", str(options["data"].absolute())] if options["data"] else []
    arguments += ["--json"] if options["json"] else []
    measure_in_own_process("verifiers", arguments)
