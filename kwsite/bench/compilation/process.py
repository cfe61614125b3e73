"""Starts the embedded model server and measures compilation with it, in a process of its own.

Nothing here needs what only the benchmark needs (requirements/dev.txt).
"""

import argparse
import importlib.util
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from kwsite.bench.claim.process import FAMILIES
from kwsite.bench.model_server import embedded_model
from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure

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
    if importlib.util.find_spec("reasoning_gym") is None:
        raise StackFailure(
            "reasoning_gym is missing: pip install -r requirements/dev.txt "
            "-c requirements/constraints.txt"
        )
    print("Starting the embedded model server.", file=sys.stderr)
    with embedded_model() as server:
        command = [sys.executable, "-m", "kwsite.bench.compilation"]
        command += ["--base-url", server.base_url, "--api-key", server.api_key]
        command += ["--model", server.model, "--command", _command(options)]
        command += ["--train", str(options["train"]), "--test", str(options["test"])]
        command += ["--families", *options["families"]]
        command += ["--write", str(options["write"].absolute())] if options["write"] else []
        command += ["--json"] if options["json"] else []
        if subprocess.run(command, cwd=CHECKOUT, check=False).returncode:
            raise StackFailure("The measurement ended early; the lines above say why.")


def _command(options: dict[str, Any]) -> str:
    """How to measure this again."""
    said = ["manage.py", "bench", "compile"]
    for name, usual in (("train", TRAIN), ("test", TEST)):
        said += [f"--{name}", str(options[name])] if options[name] != usual else []
    if tuple(options["families"]) != FAMILIES:
        said += ["--families", *options["families"]]
    return shlex.join(said)
