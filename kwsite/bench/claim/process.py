"""Starts a stack of its own and measures the claim on it, in a process of its own.

The measurement reads the stack's settings and its database, which Django takes from `KW_HOME` at
its start. Nothing here needs what only the benchmark needs (requirements/dev.txt).
"""

import argparse
import shlex
import sys
from typing import Any

from kwsite.bench.arguments import (
    add_evidence_arguments,
    add_server_arguments,
    evidence_arguments,
    server_settings,
)
from kwsite.bench.own_process import measure_in_own_process, require_installed
from kwsite.bench.stack import own_environment, throwaway_stack

FAMILIES = (
    *("contacts", "invoices", "tickets", "conversions"),
    *("products", "chain_sum", "letter_counting", "needle_haystack", "syllogism"),
)
TRAIN, TEST, COMPOSITES = 25, 15, 4
QUICK_TRAIN, QUICK_TEST, QUICK_COMPOSITES = 12, 4, 1
REUSE_OFF = {"KW_REUSE_ANSWERS": "off"}  # a kernel's answers are measured, not stored ones


def add_claim_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="few prompts: only whether it works")
    parser.add_argument("--train", type=int, default=TRAIN, help="prompts a family to learn from")
    parser.add_argument("--test", type=int, default=TEST, help="prompts a family to compare on")
    parser.add_argument(
        "--composites", type=int, default=COMPOSITES, help="prompts a pair of families, for both"
    )
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    add_server_arguments(parser)
    add_evidence_arguments(parser)


def run_claim(options: dict[str, Any]) -> None:
    """Raises StackFailure when the stack does not start, or the measurement ends early."""
    require_installed("reasoning_gym", "matplotlib")
    if options["read"]:
        arguments = ["--read", str(options["read"].absolute()), *evidence_arguments(options)]
        measure_in_own_process("claim", arguments)
        return
    print("Starting a stack of its own.", file=sys.stderr)
    with throwaway_stack(REUSE_OFF | server_settings(options)) as address:
        environment = own_environment(address.home) | REUSE_OFF
        arguments = [*_arguments(options), *evidence_arguments(options)]
        measure_in_own_process("claim", arguments, environment)


def _arguments(options: dict[str, Any]) -> list[str]:
    train, test, composites = (options[name] for name in ("train", "test", "composites"))
    if options["quick"]:
        train, test, composites = QUICK_TRAIN, QUICK_TEST, QUICK_COMPOSITES
    arguments = ["--train", str(train), "--test", str(test), "--composites", str(composites)]
    arguments += ["--families", *options["families"]]
    return [*arguments, "--command", _command(options)]


def _command(options: dict[str, Any]) -> str:
    """How to measure this again."""
    said = ["manage.py", "bench", "claim"]
    said += ["--quick"] if options["quick"] else []
    usuals = {"train": TRAIN, "test": TEST, "composites": COMPOSITES, "model": ""}
    for name, usual in usuals.items():
        if options[name] != usual:
            said += [f"--{name}", str(options[name])]
    said += ["--base-url", "URL"] if options["base_url"] else []
    if tuple(options["families"]) != FAMILIES:
        said += ["--families", *options["families"]]
    return shlex.join(said)
