"""`bench search`: its arguments, and one run from questions to tables."""

import argparse
import shlex
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from kwsite.bench.arguments import add_evidence_arguments, add_server_arguments, positive
from kwsite.bench.model_server import ModelServer
from kwsite.bench.routing_data import UnusableData
from kwsite.bench.search.arms import ALONE, REWARDED, SAMPLED, Outcome
from kwsite.bench.search.measure import measure_search, model_server, setting_of
from kwsite.bench.search.questions import Question, read_questions
from kwsite.bench.search.report import (
    Measured,
    as_json,
    grids,
    keep_json,
    read_measured,
    verdict,
    write_evidence,
)
from kwsite.bench.search.reward_model import cross_rewarded
from kwsite.bench.search.speed import measure_pace, pace_grid
from kwsite.bench.showing import show, tell_written

ARMS = (*ALONE, *SAMPLED, REWARDED)
LIMITS = ("tokens", "answer_tokens", "parallel", "simulations")
SHOWN = ("count", *LIMITS)


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="FILE", help="JSONL in the form of GSM8K")
    parser.add_argument("--count", type=positive, default=50, help="questions, from the first on")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--tokens", type=positive, default=1500, help="an arm and question")
    parser.add_argument("--answer-tokens", type=positive, default=320, help="one simulation")
    parser.add_argument("--parallel", type=positive, default=4, help="simulations at a time")
    parser.add_argument("--simulations", type=positive, default=8, help="an arm may make")
    parser.add_argument(
        "--pace", action="store_true", help="only: simulations a second in parallel and in turn"
    )
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="a model to serve instead")
    add_server_arguments(parser)
    add_evidence_arguments(parser)


def run_search(options: dict[str, Any]) -> None:
    """Raises StackFailure, UnusableData, BackendError."""
    if options["pace"]:
        _show_pace(options)
        return
    measured = read_measured(options["read"]) if options["read"] else _measure(options)
    if options["write"]:
        tell_written(write_evidence(measured, options["write"]))
    show(as_json(measured), grids(measured), verdict(measured), as_json=options["json"])


def _measure(options: dict[str, Any]) -> Measured:
    questions = _questions(options)
    arms = list(dict.fromkeys((*options["arms"], "one_chain")))
    server = _server(options)
    with server as served, Progress(console=Console(stderr=True), refresh_per_second=1) as bar:
        limits = {name: options[name] for name in LIMITS}
        setting = setting_of(served, **limits)
        ways = [arm for arm in arms if arm != REWARDED]
        task = bar.add_task("search", total=len(questions) * len(ways))

        def keep(outcomes: list[Outcome]) -> None:
            if options["write"]:
                keep_json(_measured(served, options, outcomes), options["write"])

        outcomes = measure_search(
            questions, setting, arms=ways, advance=lambda: bar.advance(task), keep=keep
        )
    if REWARDED in arms:
        outcomes += cross_rewarded(questions, outcomes)
    return _measured(served, options, outcomes)


def _measured(server: ModelServer, options: dict[str, Any], outcomes: list[Outcome]) -> Measured:
    return Measured(server.model, _command(options), options["tokens"], outcomes)


def _show_pace(options: dict[str, Any]) -> None:
    questions = _questions(options)
    server = _server(options)
    with server as served, Progress(console=Console(stderr=True), refresh_per_second=1) as bar:
        setting = setting_of(served, **{name: options[name] for name in LIMITS})
        task = bar.add_task("pace", total=len(questions))
        pairs = measure_pace(questions, setting, lambda: bar.advance(task))
    told = [[asdict(one) for one in pair] for pair in pairs]
    show(told, [pace_grid(pairs)], as_json=options["json"])


def _questions(options: dict[str, Any]) -> list[Question]:
    if options["data"] is None:
        raise UnusableData("Say where the questions are: --data FILE")
    return read_questions(options["data"])[: options["count"]]


def _server(options: dict[str, Any]) -> AbstractContextManager[ModelServer]:
    return model_server(options["gguf"], options["base_url"], options["api_key"], options["model"])


def _command(options: dict[str, Any]) -> str:
    """How to measure this again."""
    said = ["manage.py", "bench", "search", "--data", "FILE"]
    for name in SHOWN:
        said += [f"--{name.replace('_', '-')}", str(options[name])]
    said += ["--gguf", options["gguf"].name] if options["gguf"] else []
    return shlex.join([*said, "--arms", *options["arms"]])
