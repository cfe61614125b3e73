"""The routing figures as tables, and as one JSON object."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import mean
from typing import Any

from rich.table import Table

from kwsite.bench.routing import OUT_OF_SCOPE_SHARE, CeilingResult, RoutingResult
from kwsite.bench.routing_figures import RoutingFigures
from kwsite.bench.routing_latency import RoutingLatency

GOAL_COVERAGE_99 = {10: 0.58, 30: 0.65, 100: 0.72}
GOAL_ECE = 0.03
GOAL_KEPT = 0.95
# MiniLM on CLINC150's own test part with 1,000 out of scope; "ceiling" is the highest possible.
PUBLISHED = {
    "accuracy": {"centroid": 0.917, "linear head": 0.953},
    "coverage_99": {
        "1-NN cosine": 0.0,
        "centroid": 0.13,
        "softmax head": {10: 0.44, 30: 0.48, 100: 0.59},
        "calibrated on 14 simple features": {10: 0.45, 30: 0.53, 100: 0.62},
        "ceiling": 0.78,
    },
    "auroc": [0.95, 0.97],
}
Key = tuple[str, int]


def routing_json(
    results: Sequence[RoutingResult], latency: RoutingLatency | None
) -> dict[str, Any]:
    """Every seed on its own. Latencies in milliseconds."""
    return {
        "bench": "routing",
        "out_of_scope_share": OUT_OF_SCOPE_SHARE,
        "goals": {"coverage_99": GOAL_COVERAGE_99, "ece": GOAL_ECE, "kept": GOAL_KEPT},
        "published_clinc150": PUBLISHED,
        "results": [asdict(result) for result in results],
        "latency_ms": asdict(latency) if latency else None,
    }


def routers_table(results: Sequence[RoutingResult]) -> Table:
    """The mean over the seeds; the lowest and the highest where a goal is set."""
    table = _table("Routing, mean over the seeds (and range)", ("data", "exemplars", "router"))
    for column in ("accuracy", "AUROC", "ECE", "coverage at 95 %", "coverage at 99 %", "goal"):
        table.add_column(column, justify="right")
    for (data, exemplars), group in _grouped(results).items():
        for router in group[0].routers:
            seeds = [result.routers[router] for result in group]
            goal = GOAL_COVERAGE_99.get(exemplars) if router == "head" else None
            table.add_row(
                data,
                str(exemplars),
                router,
                f"{mean(one.accuracy for one in seeds):.3f}",
                f"{mean(one.auroc for one in seeds):.3f}",
                _ece(seeds),
                f"{mean(one.coverage_95 for one in seeds):.3f}",
                _range([one.coverage_99 for one in seeds]),
                f">= {goal:.2f}" if goal and data == "CLINC150" else "",
            )
    table.caption = (
        f"{OUT_OF_SCOPE_SHARE:.1%} of the traffic is out of scope. Published for CLINC150's test, "
        "coverage at 99 %: calibrated on simple features .45 / .53 / .62, centroid .13, ceiling .78"
    )
    return table


def ceilings_table(results: Sequence[RoutingResult]) -> Table:
    table = _table("The wrong-reuse ceiling, mean over the seeds", ("data", "exemplars"))
    for column in ("ceiling", "seeds that reuse", "coverage", "wrong", "kept", "goal"):
        table.add_column(column, justify="right")
    for (data, exemplars), group in _grouped(results).items():
        for number, first in enumerate(group[0].ceilings):
            seeds: list[CeilingResult] = [result.ceilings[number] for result in group]
            table.add_row(
                data,
                str(exemplars),
                f"{first.ceiling:.0%}",
                f"{sum(one.threshold <= 1 for one in seeds)} of {len(seeds)}",
                f"{mean(one.coverage for one in seeds):.3f}",
                f"{mean(one.wrong for one in seeds):.2%}",
                _range([one.kept for one in seeds]),
                f">= {GOAL_KEPT:.2f}",
            )
    table.caption = "kept: share of the resamples; a seed without any reuse keeps every ceiling"
    return table


def latency_table(latency: RoutingLatency) -> Table:
    table = _table("One prompt, one client", ("step",))
    for column in ("p50 ms", "p99 ms"):
        table.add_column(column, justify="right")
    steps = {f"search, {size:,} exemplars": found for size, found in latency.search.items()}
    for step, found in {"embed": latency.embed, **steps, "head": latency.head}.items():
        table.add_row(step, f"{found.p50_ms:.2f}", f"{found.p99_ms:.2f}")
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table


def _grouped(results: Sequence[RoutingResult]) -> dict[Key, list[RoutingResult]]:
    groups: dict[Key, list[RoutingResult]] = {}
    for result in results:
        groups.setdefault((result.data, result.exemplars), []).append(result)
    return groups


def _ece(seeds: Sequence[RoutingFigures]) -> str:
    values = [one.ece for one in seeds if one.ece is not None]
    return f"{mean(values):.3f}" if values else ""


def _range(values: Sequence[float]) -> str:
    return f"{mean(values):.3f} ({min(values):.3f}-{max(values):.3f})"
