"""The overhead as tables, and as one JSON object."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from kwsite.bench.overhead import Overhead
from kwsite.bench.stages import WORKER

GOAL_P50_MS = {"new": 25.0, "repeated": 6.0}  # With one client.


def overhead_json(overhead: Overhead) -> dict[str, Any]:
    """Milliseconds and requests a second."""
    return {
        "bench": "overhead",
        "goal_p50_ms": GOAL_P50_MS,
        "arms": [
            {"clients": arm.clients, "prompts": arm.prompts, **asdict(arm.figures)}
            for arm in overhead.arms
        ],
        "stages_p50_ms": overhead.stages,
    }


def arms_table(overhead: Overhead) -> Table:
    table = Table(title="What the service adds to a request", title_justify="left")
    for column in ("clients", "prompts"):
        table.add_column(column)
    for column in ("requests", "p50 ms", "goal", "p99 ms", "requests/s"):
        table.add_column(column, justify="right")
    for arm in overhead.arms:
        table.add_row(
            str(arm.clients),
            arm.prompts,
            str(arm.figures.requests),
            f"{arm.figures.p50_ms:.1f}",
            f"<= {GOAL_P50_MS[arm.prompts]:.0f}" if arm.clients == 1 else "",
            f"{arm.figures.p99_ms:.1f}",
            f"{arm.figures.requests_per_s:.0f}",
        )
    return table


def stages_table(overhead: Overhead) -> Table:
    """One row a stage; the worker's are parts of others and so indented."""
    table = Table(title="Where the time goes, one client, p50 ms", title_justify="left")
    table.add_column("stage")
    for prompts in overhead.stages:
        table.add_column(prompts, justify="right")
    for stage in next(iter(overhead.stages.values())):
        table.add_row(
            f"  {stage}" if stage in WORKER else stage,
            *(f"{stages[stage]:.2f}" for stages in overhead.stages.values()),
        )
    table.caption = "queue + work + reply = enqueue + wait"
    return table
