"""Measures the service: `bench overhead`, `verify`, `reuse`, `library`, `routing`, `claim`, ..."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kwsite.bench.arguments import count, positive
from kwsite.bench.cache.command import add_cache_arguments, run_cache
from kwsite.bench.claim.process import add_claim_arguments, run_claim
from kwsite.bench.compilation.process import add_compile_arguments, run_compile
from kwsite.bench.constraint import constraint_table, in_process, on_server, tasks
from kwsite.bench.constraint import measure as measure_constraint
from kwsite.bench.corrections import add_corrections_arguments, run_corrections
from kwsite.bench.export.process import add_export_arguments, run_export
from kwsite.bench.home.process import add_home_arguments, run_home
from kwsite.bench.hook import add_hook_arguments, run_hook
from kwsite.bench.http_client import UnexpectedReply
from kwsite.bench.learning.process import add_learning_arguments, run_learning
from kwsite.bench.library import library_json, library_table, measure_library, suite
from kwsite.bench.lora.process import add_lora_arguments, run_lora
from kwsite.bench.model_server import embedded_model
from kwsite.bench.nightly.process import add_nightly_arguments, run_nightly
from kwsite.bench.overhead import CLIENTS, SETTINGS, measure_overhead
from kwsite.bench.overhead_report import arms_table, overhead_json, stages_table
from kwsite.bench.receipts.process import add_receipts_arguments, run_receipts
from kwsite.bench.reuse import measure_reuse, reuse_json, reuse_table
from kwsite.bench.routing import EXEMPLARS, STEPS, measure_routing
from kwsite.bench.routing_data import UnusableData, data_sets
from kwsite.bench.routing_latency import SIZES as STORED
from kwsite.bench.routing_latency import RoutingLatency, measure_latency
from kwsite.bench.routing_report import ceilings_table, latency_table, routers_table, routing_json
from kwsite.bench.search.command import add_search_arguments, run_search
from kwsite.bench.served.process import add_served_arguments, run_served
from kwsite.bench.skills.command import add_skills_arguments, run_skills
from kwsite.bench.stack import throwaway_stack
from kwsite.bench.taps.command import add_taps_arguments, run_taps
from kwsite.bench.verification import (
    CONTRACTS,
    SIZES,
    contracts_table,
    hostile,
    hostile_table,
    measure_contracts,
    measure_hostile,
    verification_json,
)
from kwsite.bench.verifiers.process import add_verifiers_arguments, run_verifiers
from kwsite.management.quick_command import QuickCommand
from kwsite.stack.failure import StackFailure
from workers.backends.completion import BackendError


@dataclass(frozen=True)
class Bench:
    """A bench that brings its own arguments and shows what it measured by itself."""

    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[dict[str, Any]], None]


OWN = {
    "served": Bench(
        "what the service routes, with each intent of the data a live kernel",
        add_served_arguments,
        run_served,
    ),
    "compile": Bench(
        "what is compiled from the real model's successes, and its worth (KW3)",
        add_compile_arguments,
        run_compile,
    ),
    "claim": Bench(
        "whether routing with verification beats retrieval (KW16)", add_claim_arguments, run_claim
    ),
    "search": Bench(
        "ways to answer at equal token budgets, on questions of a file (KA17)",
        add_search_arguments,
        run_search,
    ),
    "nightly": Bench(
        "a night: two families before and after it, through the running service",
        add_nightly_arguments,
        run_nightly,
    ),
    "learning": Bench(
        "what the router and the reward model learn from a stream of queries",
        add_learning_arguments,
        run_learning,
    ),
    "verifiers": Bench(
        "what the experts' verifiers pass of right and of wrong answers",
        add_verifiers_arguments,
        run_verifiers,
    ),
    "hook": Bench(
        "how long an agent waits for its hook: service up, away, hanging",
        add_hook_arguments,
        run_hook,
    ),
    "receipts": Bench(
        "what receipts add to recording an answer", add_receipts_arguments, run_receipts
    ),
    "cache": Bench(
        "how fast, how often and how often wrongly stored answers are given again",
        add_cache_arguments,
        run_cache,
    ),
    "taps": Bench(
        "how fast agents' taps are acknowledged, and how many events a second",
        add_taps_arguments,
        run_taps,
    ),
    "home": Bench(
        "how fast the admin's first page comes, beside many stored answers",
        add_home_arguments,
        run_home,
    ),
    "skills": Bench(
        "which skill patterns and vectors choose for labelled prompts",
        add_skills_arguments,
        run_skills,
    ),
    "export": Bench(
        "how fast trajectories are exported for fine-tuning, and in how much memory (KR8)",
        add_export_arguments,
        run_export,
    ),
    "lora": Bench(
        "how fast adapters are trained, and in how much memory, beside a plain TRL script (KR10)",
        add_lora_arguments,
        run_lora,
    ),
    "corrections": Bench(
        "which prompts count as corrections of the answer before (KR11)",
        add_corrections_arguments,
        run_corrections,
    ),
}
BENCHES = ("overhead", "verify", "reuse", "library", "routing", "constraint", *OWN)


class Command(QuickCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        benches = parser.add_subparsers(dest="bench")
        overhead = benches.add_parser(
            "overhead", help="what the service adds to a request, with a model that answers at once"
        )
        overhead.add_argument("--requests", type=positive, default=400, help="in each arm")
        verifying = benches.add_parser(
            "verify", help="what holding an output to its contract costs; hostile ones"
        )
        verifying.add_argument("--repeats", type=positive, default=500, help="of each contract")
        reusing = benches.add_parser(
            "reuse", help="which near misses and paraphrases count as the same question"
        )
        library = benches.add_parser(
            "library", help="what the starter kernels serve of prompts that nobody looked at"
        )
        routing = benches.add_parser(
            "routing", help="which prompts find their kernel, on CLINC150 and BANKING77"
        )
        routing.add_argument("--data", default=settings.KW_BENCH_DATA, help="folder of the data")
        routing.add_argument(
            "--exemplars", type=positive, nargs="+", default=list(EXEMPLARS), help="a kernel"
        )
        routing.add_argument("--seeds", type=positive, default=3, help="of each result")
        routing.add_argument("--no-latency", action="store_true", help="leave the latency out")
        constraint = benches.add_parser(
            "constraint", help="what decoding under a schema gives and costs, with the real model"
        )
        constraint.add_argument("--count", type=positive, default=200, help="outputs of each arm")
        constraint.add_argument(
            "--in-process",
            type=count,
            default=20,
            help="as many in this process, which is slower; 0: none",
        )
        for name, bench in OWN.items():
            bench.add_arguments(benches.add_parser(name, help=bench.help))
        for parsed in (overhead, verifying, reusing, library, routing, constraint):
            parsed.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["bench"] is None:
            raise CommandError(f"Name a bench: {', '.join(BENCHES)}.")
        try:
            if own := OWN.get(options["bench"]):
                own.run(options)
            else:
                getattr(self, f"_{options['bench']}")(options)
        except (StackFailure, UnexpectedReply, UnusableData, BackendError) as error:
            raise CommandError(str(error)) from error

    def _constraint(self, options: dict[str, Any]) -> None:
        with _progress(Console(stderr=True)) as progress:
            served, local = tasks(options["count"]), tasks(options["in_process"])
            bar = progress.add_task("constraint", total=2 * (len(served) + len(local)))
            with embedded_model() as server:
                arms = measure_constraint(
                    "model server", on_server(server), served, lambda: progress.advance(bar)
                )
            if local:
                arms += measure_constraint(
                    "in process", in_process(), local, lambda: progress.advance(bar)
                )
        if options["json"]:
            self.stdout.write(json.dumps({"arms": [asdict(arm) for arm in arms]}))
        else:
            Console().print(constraint_table(arms))

    def _verify(self, options: dict[str, Any]) -> None:
        with _progress(Console(stderr=True)) as progress:
            total = len(CONTRACTS) * len(SIZES) + len(list(hostile()))
            bar = progress.add_task("verify", total=total)
            timed = measure_contracts(options["repeats"], lambda: progress.advance(bar))
            stopped = measure_hostile(lambda: progress.advance(bar))
        tables = (contracts_table(timed), hostile_table(stopped))
        self._print(verification_json(timed, stopped), tables, as_json=options["json"])

    def _reuse(self, options: dict[str, Any]) -> None:
        suites = measure_reuse()
        self._print(reuse_json(suites), (reuse_table(suites),), as_json=options["json"])

    def _library(self, options: dict[str, Any]) -> None:
        with _progress(Console(stderr=True)) as progress:
            bar = progress.add_task("library", total=len(suite()))
            results = measure_library(lambda: progress.advance(bar))
        self._print(library_json(results), (library_table(results),), as_json=options["json"])

    def _routing(self, options: dict[str, Any]) -> None:
        if not options["data"]:
            raise CommandError("Say where the data are: --data DIR, or KW_BENCH_DATA")
        folder, seeds = Path(options["data"]), options["seeds"]
        latency: RoutingLatency | None = None
        with _progress(Console(stderr=True)) as progress:
            counts = options["exemplars"]
            total = len(data_sets(folder)) * len(counts) * seeds * STEPS
            bar = progress.add_task("routing", total=total)
            results = measure_routing(
                folder, counts=counts, seeds=seeds, advance=lambda: progress.advance(bar)
            )
            if not options["no_latency"]:
                stored = progress.add_task("exemplars stored", total=STORED[-1])
                latency = measure_latency(advance=lambda count: progress.advance(stored, count))
        tables = [routers_table(results), ceilings_table(results)]
        if latency:
            tables.append(latency_table(latency))
        self._print(routing_json(results, latency), tables, as_json=options["json"])

    def _print(self, found: dict[str, Any], tables: Sequence[Table], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found))
            return
        for table in tables:
            Console().print(table)

    def _overhead(self, options: dict[str, Any]) -> None:
        requests = options["requests"]
        errors = Console(stderr=True)
        errors.print("Starting a stack of its own.")
        with throwaway_stack(SETTINGS) as address, _progress(errors) as progress:
            bar = progress.add_task("overhead", total=2 * len(CLIENTS) * requests)
            overhead = measure_overhead(
                address,
                requests=requests,
                advance=lambda answered: progress.advance(bar, answered),
            )
        tables = (arms_table(overhead), stages_table(overhead))
        self._print(overhead_json(overhead), tables, as_json=options["json"])


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        refresh_per_second=2,  # It shares the machine with what is measured.
    )
