"""`bench search`: its arguments, and one run from questions to tables."""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from kwsite.bench.routing_data import UnusableData
from kwsite.bench.search.arms import ALONE, SAMPLED
from kwsite.bench.search.measure import measure_search, model_server
from kwsite.bench.search.questions import read_questions
from kwsite.bench.search.report import (
    Measured,
    as_json,
    grids,
    read_measured,
    verdict,
    write_evidence,
)

ARMS = ("one_shot", "one_chain", "self_consistency", "best_of_n_verifier", "lats")
SHOWN = ("count", "tokens", "answer_tokens", "parallel", "simulations")


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="FILE", help="JSONL in the form of GSM8K")
    parser.add_argument("--count", type=_positive, default=50, help="questions, from the first on")
    parser.add_argument("--arms", nargs="+", choices=(*ALONE, *SAMPLED), default=list(ARMS))
    parser.add_argument("--tokens", type=_positive, default=1500, help="an arm and question")
    parser.add_argument("--answer-tokens", type=_positive, default=320, help="one simulation")
    parser.add_argument("--parallel", type=_positive, default=4, help="simulations at a time")
    parser.add_argument("--simulations", type=_positive, default=8, help="an arm may make")
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="a model to serve instead")
    parser.add_argument("--base-url", default="", help="another model server's, ending in /v1")
    parser.add_argument("--api-key", default="", help="for that server")
    parser.add_argument("--model", default="", help="its model")
    parser.add_argument("--write", type=Path, metavar="DIR", help="Markdown, plot and JSON there")
    parser.add_argument("--read", type=Path, metavar="FILE", help="show what was measured before")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_search(options: dict[str, Any]) -> None:
    """Raises StackFailure, UnusableData, BackendError."""
    measured = read_measured(options["read"]) if options["read"] else _measure(options)
    if options["write"]:
        for path in write_evidence(measured, options["write"]):
            print(f"wrote {path}", file=sys.stderr)
    if options["json"]:
        print(json.dumps(as_json(measured)))
        return
    console = Console()
    for grid in grids(measured):
        console.print(grid.as_table())
    console.print(verdict(measured))


def _measure(options: dict[str, Any]) -> Measured:
    if options["data"] is None:
        raise UnusableData("Say where the questions are: --data FILE")
    questions = read_questions(options["data"])[: options["count"]]
    arms = list(dict.fromkeys((*options["arms"], "one_chain")))
    server = model_server(
        options["gguf"], options["base_url"], options["api_key"], options["model"]
    )
    with server as served, Progress(console=Console(stderr=True), refresh_per_second=1) as bar:
        task = bar.add_task("search", total=len(questions) * len(arms))
        outcomes = measure_search(
            questions,
            served,
            arms=arms,
            tokens=options["tokens"],
            answer_tokens=options["answer_tokens"],
            parallel=options["parallel"],
            simulations=options["simulations"],
            advance=lambda: bar.advance(task),
        )
    return Measured(served.model, _command(options), options["tokens"], outcomes)


def _command(options: dict[str, Any]) -> str:
    """How to measure this again."""
    said = ["manage.py", "bench", "search", "--data", "FILE"]
    for name in SHOWN:
        said += [f"--{name.replace('_', '-')}", str(options[name])]
    said += ["--gguf", options["gguf"].name] if options["gguf"] else []
    return shlex.join([*said, "--arms", *options["arms"]])


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number
