"""`python -m kwsite.bench verifiers`: holds the experts' verifiers to answers that are known."""

import argparse
import json
from dataclasses import asdict
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from kwsite.bench.verifiers import gym, written
from kwsite.bench.verifiers.outcome import Tally, summed
from kwsite.bench.verifiers.process import add_verifiers_arguments
from kwsite.bench.verifiers.solutions import Solutions, measure_solutions
from workers.experts.registry import EXPERTS


def main() -> None:
    parser = argparse.ArgumentParser()
    add_verifiers_arguments(parser)
    options = parser.parse_args()
    solutions = measure_solutions(options.data) if options.data else None
    tallies = measure(options.count)
    if options.json:
        print(json.dumps(as_json(tallies, solutions)))
        return
    Console().print(verdicts_table(tallies))
    if solutions:
        Console().print(solutions_table(solutions))


def measure(count: int) -> list[Tally]:
    """A tally for each family, then one for each expert of more than one."""
    tallies: dict[tuple[str, str], Tally] = {}
    for item in (*gym.items(count), *written.items()):
        tally = tallies.setdefault((item.expert, item.family), Tally(item.expert, item.family))
        started = perf_counter()
        said = EXPERTS[item.expert].verify(item.task, item.steps, None)
        tally.add(item, said.status, (perf_counter() - started) * 1e3)
    found = list(tallies.values())
    experts = dict.fromkeys(tally.expert for tally in found)
    return found + [
        summed(found, expert)
        for expert in experts
        if sum(tally.expert == expert for tally in found) > 1
    ]


def verdicts_table(tallies: list[Tally]) -> Table:
    table = Table(title="Verdicts on known answers: ok / unverified / failed; no model is asked")
    for head in ("expert", "family"):
        table.add_column(head, overflow="fold")
    for head in ("right", "wrong", "precision", "recall", "p50 ms"):
        table.add_column(head, justify="right", no_wrap=True)
    for tally in tallies:
        right, wrong = (
            " / ".join(str(counter[status]) for status in ("ok", "unverified", "failed"))
            for counter in (tally.right, tally.wrong)
        )
        precision = "-" if tally.precision is None else f"{tally.precision:.3f}"
        figures = (right, wrong, precision, f"{tally.recall:.3f}", f"{tally.p50_ms:.1f}")
        table.add_row(tally.expert, tally.family, *figures)
    return table


def solutions_table(found: Solutions) -> Table:
    table = Table("worked solutions of GSM8K", "", title="Arithmetic in steps")
    table.add_row("solutions", f"{found.solutions:,}")
    table.add_row("calculations that are marked", f"{found.marked:,}")
    for outcome in ("holds", "doubtful", "wrong"):
        table.add_row(f"equalities found: {outcome}", f"{found.outcomes.get(outcome, 0):,}")
    table.add_row(
        "solutions with an alarm", f"{found.alarmed} ({_share(found.alarmed, found.solutions)})"
    )
    for alarm in found.alarms:
        table.add_row("", alarm)
    table.add_row("with one result put wrong", f"{found.altered:,}")
    table.add_row("of these noticed", f"{found.noticed:,} ({_share(found.noticed, found.altered)})")
    return table


def as_json(tallies: list[Tally], solutions: Solutions | None) -> dict[str, Any]:
    rows = [
        {
            "expert": tally.expert,
            "family": tally.family,
            "right": dict(tally.right),
            "wrong": dict(tally.wrong),
            "precision": tally.precision,
            "recall": tally.recall,
            "refused": tally.refused,
            "p50_ms": round(tally.p50_ms, 2),
        }
        for tally in tallies
    ]
    return {"verdicts": rows, "solutions": asdict(solutions) if solutions else None}


def _share(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.1%}"
