"""`bench lora`: trains a model of random weights twice, each time in a process of its own."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kwsite.bench.arguments import positive
from kwsite.bench.lora.report import Measured, grids, verdict, write_evidence
from kwsite.bench.lora.sizes import SIZES
from kwsite.bench.showing import show, tell_written
from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure
from training.lora.gpu import has_gpu

ARMS = ("plain", "ours")


def add_lora_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", choices=SIZES, default="135m", help="of the model")
    parser.add_argument("--device", choices=("cpu", "gpu"), help="default: a GPU if there is one")
    parser.add_argument("--iterations", type=positive, default=30, help="of each arm")
    parser.add_argument("--batch", type=positive, default=4, help="conversations")
    parser.add_argument("--length", type=positive, default=512, help="tokens of each; 64 or more")
    parser.add_argument(
        "--recompute", action="store_true", help="activations are computed again, to save memory"
    )
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_lora(options: dict[str, Any]) -> None:
    """Raises StackFailure."""
    device = options["device"] or ("gpu" if has_gpu() else "cpu")
    chosen = [
        *("--size", options["size"], "--device", device),
        *("--iterations", str(options["iterations"]), "--batch", str(options["batch"])),
        *("--length", str(options["length"])),
        *(["--recompute"] if options["recompute"] else []),
    ]
    found = [_measured(arm, chosen) for arm in ARMS]
    if options["write"]:
        command = f"manage.py bench lora {' '.join(chosen)}"
        tell_written([write_evidence(found, command, options["write"])])
    as_json = {"bench": "lora", "results": [one.as_json() for one in found]}
    show(as_json, grids(found), verdict(found), as_json=options["json"])


def _measured(arm: str, chosen: list[str]) -> Measured:
    print(f"Training ({arm}).", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="kernelweave-bench-") as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-m", "kwsite.bench.lora.arm", "--arm", arm, *chosen]
        command += ["--work", folder, "--result", str(result)]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        ended = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise StackFailure(f"The training ended early:\n{ended.stdout[-2000:]}")
        return Measured(**json.loads(result.read_text()))
