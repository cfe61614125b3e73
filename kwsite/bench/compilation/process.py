"""Starts the embedded model server and measures compilation with it, in a process of its own.

Nothing here needs what only the benchmark needs (requirements/dev.txt).
"""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from kwsite.bench.claim.process import FAMILIES
from kwsite.bench.model_server import embedded_model
from kwsite.bench.own_process import measure_in_own_process, require_installed

TRAIN, TEST = 120, 15


def add_compile_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--train", type=int, default=TRAIN, help="prompts a family to learn from, at most"
    )
    parser.add_argument("--test", type=int, default=TEST, help="prompts a family to compare on")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown and JSON there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_compile(options: dict[str, Any]) -> None:
    """Raises StackFailure when the server does not start, or the measurement ends early."""
    require_installed("reasoning_gym")
    print("Starting the embedded model server.", file=sys.stderr)
    with embedded_model() as server:
        arguments = ["--base-url", server.base_url, "--api-key", server.api_key]
        arguments += ["--model", server.model, "--command", _command(options)]
        arguments += ["--train", str(options["train"]), "--test", str(options["test"])]
        arguments += ["--families", *options["families"]]
        arguments += ["--write", str(options["write"].absolute())] if options["write"] else []
        arguments += ["--json"] if options["json"] else []
        measure_in_own_process("compilation", arguments)


def _command(options: dict[str, Any]) -> str:
    """How to measure this again."""
    said = ["manage.py", "bench", "compile"]
    for name, usual in (("train", TRAIN), ("test", TEST)):
        said += [f"--{name}", str(options[name])] if options[name] != usual else []
    if tuple(options["families"]) != FAMILIES:
        said += ["--families", *options["families"]]
    return shlex.join(said)
