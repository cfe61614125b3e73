"""The arguments that say how an answer is searched for, as `ask` takes them."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import CommandError

from kwsite.commandline.failure import ServiceFailure
from kwsite.commandline.finite import finite
from workers.search.options import StrategyName

UNROUTED = "analysis"  # who answers where the router is not asked and nobody is named
AS_THEY_ARE = (
    "worker",
    "strategy",
    "budget_tokens",
    "simulations",
    "depth",
    "gate",
    "max_reflections",
)


class UnreadableFile(ServiceFailure):
    """A file of evidence or tests cannot be read."""


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    search = parser.add_argument_group("search", "Each of these asks for a searched answer.")
    search.add_argument("--search", action="store_true", help="as has been learned to pay")
    search.add_argument("--worker", metavar="NAME", help="who answers; the router is not asked")
    search.add_argument(
        "--no-routing",
        action="store_true",
        help=f"do not ask the router: {UNROUTED} answers, unless --worker names another",
    )
    search.add_argument("--strategy", choices=get_args(StrategyName))
    search.add_argument("--budget-tokens", type=int, help="that all simulations write together")
    search.add_argument("--simulations", type=int)
    search.add_argument("--depth", type=int, help="steps of an answer at most")
    search.add_argument("--gate", type=finite, help="mean step score that is accepted, 0 to 1")
    search.add_argument("--max-reflections", type=int)
    search.add_argument(
        "--evidence",
        type=Path,
        action="append",
        metavar="FILE",
        help="a text that a factual answer must rest on; may be repeated",
    )
    search.add_argument("--tests", type=Path, metavar="FILE", help="asserts that code must pass")
    search.add_argument(
        "--no-trace", action="store_true", help="do not show the steps that were tried"
    )


def search_options(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """`kernelweave.search` of the request; None where none is asked for. Raises UnreadableFile."""
    found = {name: options[name] for name in AS_THEY_ARE if options.get(name) is not None}
    if options.get("no_routing"):
        found.setdefault("worker", UNROUTED)
    if options.get("no_routing") and found["worker"] == "auto":
        raise CommandError("--no-routing and --worker auto contradict each other.")
    if options.get("evidence"):
        found["evidence"] = [_text("--evidence", file) for file in options["evidence"]]
    if options.get("tests"):
        found["tests"] = _text("--tests", options["tests"])
    return found if found or options.get("search") else None


def _text(flag: str, file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{flag} {file}: {error}") from error
