"""Measures compilation with a model server that is running already.

`manage.py bench compile` starts the embedded one for it.
"""

import argparse
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.progress import Progress

from kwsite.bench.claim.families import families
from kwsite.bench.compilation.measure import Limits, measure_family
from kwsite.bench.compilation.outcome import Compiled
from kwsite.bench.compilation.report import as_json, grids, verdict, write_evidence
from kwsite.bench.showing import show
from workers.backends.openai_compatible import OpenAICompatible


def main() -> None:
    options = _options()
    found = _measure(options)
    told = as_json(found, options.command, options.model)
    show(told, grids(found), verdict(found), as_json=options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("base-url", "api-key", "model", "command", "write"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--train", type=int)
    parser.add_argument("--test", type=int)
    parser.add_argument("--families", nargs="+")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> list[Compiled]:
    backend = OpenAICompatible(
        base_url=options.base_url, api_key=options.api_key, model=options.model,
        timeout_s=300, connect_timeout_s=5, dialect="llguidance",
    )  # fmt: skip
    limits = Limits(settings.KW_PROMOTE_MIN_SUCCESSES, settings.KW_PROMOTE_MIN_CONFIDENCE)
    by_name = {family.name: family for family in families()}
    chosen = [by_name[name] for name in options.families]
    found: list[Compiled] = []
    progress = Progress(console=Console(stderr=True), refresh_per_second=2)
    with progress:
        steps = sum(min(options.train, len(f.train)) + options.test for f in chosen)
        bar = progress.add_task("compile", total=steps)
        for family in chosen:
            one = measure_family(
                family,
                backend,
                limits,
                train=options.train,
                test=options.test,
                advance=lambda: progress.advance(bar),
            )
            found.append(one)
            if options.write:  # also what is there when it is stopped
                write_evidence(found, options.command, options.model, Path(options.write))
            said = one.refusal or one.evidence["replay"]["recipe"]
            progress.console.print(
                f"{family.name}: {one.accepted} of {one.asked} accepted; {said}; right "
                f"{one.right_before} -> {one.right_after} of {len(one.answered)}",
                markup=False,
                soft_wrap=True,
            )
    return found
