"""Starts a stack of its own and measures a night on it, in a process of its own."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from kwsite.bench.arguments import positive
from kwsite.bench.own_process import measure_in_own_process
from kwsite.bench.stack import own_environment, throwaway_stack

TRAIN, TEST, ITERATIONS, LEARNING_RATE = 160, 40, 60, 5e-4
QUICK = {"train": 60, "test": 8, "iterations": 4}
# No kernel takes a family over, no answer is given again, and an adapter rises after few answers.
STACK = {
    "KW_REUSE_ANSWERS": "off",
    "KW_PROMOTE_MIN_SUCCESSES": str(10**6),
    "KW_LEARN_EVERY": str(10**6),
    "KW_ADAPTER_MIN_ANSWERS": "12",
    "KW_ADAPTER_SHADOW_SHARE": "1",
}


def add_nightly_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="only whether it works")
    parser.add_argument(
        "--refused", action="store_true", help="what a night must refuse: poison, ties, leaks"
    )
    parser.add_argument("--train", type=positive, default=TRAIN, help="prompts of each family")
    parser.add_argument("--test", type=positive, default=TEST, help="prompts of each, beforehand")
    parser.add_argument("--iterations", type=positive, default=ITERATIONS, help="of the training")
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_nightly(options: dict[str, Any]) -> None:
    """Raises StackFailure when the stack does not start, or the measurement ends early."""
    sizes = {name: QUICK[name] if options["quick"] else options[name] for name in QUICK}
    arguments = [word for name, size in sizes.items() for word in (f"--{name}", str(size))]
    arguments += ["--command", shlex.join(["manage.py", "bench", "nightly", *_said(options)])]
    arguments += ["--learning-rate", str(options["learning_rate"])]
    if options["write"]:
        arguments += ["--write", str(options["write"].absolute())]
    arguments += [f"--{name}" for name in ("json", "refused") if options[name]]
    print("Starting a stack of its own.", file=sys.stderr)
    with throwaway_stack(STACK) as address:
        measure_in_own_process("nightly", arguments, own_environment(address.home) | STACK)


def _said(options: dict[str, Any]) -> list[str]:
    usuals = {
        "train": TRAIN,
        "test": TEST,
        "iterations": ITERATIONS,
        "learning_rate": LEARNING_RATE,
    }
    said = [f"--{name}" for name in ("quick", "refused") if options[name]]
    for name, usual in usuals.items():
        if options[name] != usual:
            said += [f"--{name.replace('_', '-')}", str(options[name])]
    return said
