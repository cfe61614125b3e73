"""Starts a stack of its own and measures learning on it, in a process of its own.

Nothing here needs what only the benchmark needs (requirements/dev.txt).
"""

import argparse
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kwsite.bench.arguments import (
    add_evidence_arguments,
    add_server_arguments,
    evidence_arguments,
    positive,
    server_settings,
)
from kwsite.bench.model_server import embedded_model
from kwsite.bench.own_process import measure_in_own_process, require_installed
from kwsite.bench.stack import own_environment, throwaway_stack

COUNT, TOLD, TESTED, ROUTED = 300, 50, 24, 240
QUICK = {"count": 12, "told": 6, "tested": 6, "routed": 12}
NEVER = str(10**6)
# Searches learn, and nothing else: no kernel takes over, no answer is given again, and the nets
# are fitted when this bench says so.
STACK = {
    "KW_REUSE_ANSWERS": "off",
    "KW_PROMOTE_MIN_SUCCESSES": NEVER,
    "KW_LEARN_EVERY": NEVER,
    "KW_SEARCH_PARALLEL": "2",  # of each client's
}
MEASURING = STACK | {"KW_ROUTER_EPSILON": "0"}  # held-out queries are no place to explore


def add_learning_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="few queries: only whether it works")
    parser.add_argument("--count", type=positive, default=COUNT, help="queries of the stream")
    parser.add_argument("--told", type=positive, default=TOLD, help="of them, judged by a person")
    parser.add_argument("--tested", type=positive, default=TESTED, help="searched before, after")
    parser.add_argument("--routed", type=positive, default=ROUTED, help="more, for the router")
    parser.add_argument(
        "--routers", action="store_true", help="routers by what they are told alone; no model"
    )
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="a model to serve instead")
    add_server_arguments(parser)
    add_evidence_arguments(parser)


def run_learning(options: dict[str, Any]) -> None:
    """Raises StackFailure when the stack does not start, or the measurement ends early."""
    require_installed("reasoning_gym", "matplotlib")
    if options["read"]:
        arguments = ["--read", str(options["read"].absolute()), *evidence_arguments(options)]
        measure_in_own_process("learning", arguments)
        return
    if options["routers"]:
        measure_in_own_process("learning", ["--routers", *evidence_arguments(options)])
        return
    with ExitStack() as stack:
        named = server_settings(options)
        if options["gguf"]:
            own = stack.enter_context(embedded_model(options["gguf"]))
            named = {
                "KW_LLM_BASE_URL": own.base_url,
                "KW_LLM_API_KEY": own.api_key,
                "KW_LLM_MODEL": own.model,
                "KW_LLM_PROVIDER": own.dialect,
            }
        print("Starting a stack of its own.", file=sys.stderr)
        address = stack.enter_context(throwaway_stack(STACK | named))
        environment = own_environment(address.home) | MEASURING | named
        arguments = [*_arguments(options), *evidence_arguments(options)]
        measure_in_own_process("learning", arguments, environment)


def _arguments(options: dict[str, Any]) -> list[str]:
    sizes = {name: QUICK[name] if options["quick"] else options[name] for name in QUICK}
    arguments = [word for name, size in sizes.items() for word in (f"--{name}", str(size))]
    return [*arguments, "--command", _command(options)]


def _command(options: dict[str, Any]) -> str:
    """How to measure this again."""
    said = ["manage.py", "bench", "learning"]
    said += ["--quick"] if options["quick"] else []
    usuals = {"count": COUNT, "told": TOLD, "tested": TESTED, "routed": ROUTED, "model": ""}
    for name, usual in usuals.items():
        if options[name] != usual:
            said += [f"--{name}", str(options[name])]
    said += ["--gguf", options["gguf"].name] if options["gguf"] else []
    said += ["--base-url", "URL"] if options["base_url"] else []
    return shlex.join(said)
