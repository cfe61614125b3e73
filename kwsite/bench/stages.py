"""Where the time of a request went: the service's own stages, the worker's, and the rest."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

Stages = dict[str, float]  # Name -> milliseconds.

HTTP = "http"  # What the client waited beyond the service's own stages.
WAIT = "wait"
WORKER = ("queue", "work", "reply")  # What `wait` consists of.


def parse_server_timing(header: str) -> Stages:
    """The durations in a `Server-Timing` header, in order."""
    stages: Stages = {}
    for metric in filter(None, header.split(",")):
        name, *parameters = (part.strip() for part in metric.split(";"))
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "dur":
                stages[name] = float(value)
    return stages


def stages_of(server_timing: str, latency_ms: float, run: dict[str, Any]) -> Stages:
    """All stages of one request.

    `queue` (row written -> claimed), `work` (claimed -> finished) and `reply` (finished -> read)
    come from the run's row. They are parts of `enqueue` and `wait`, for a worker starts while the
    request still returns from the queue.
    """
    stages = parse_server_timing(server_timing)
    rest = latency_ms - sum(stages.values())
    created, started, finished = (
        datetime.fromisoformat(run[name]) for name in ("created_at", "started_at", "finished_at")
    )
    queue = (started - created).total_seconds() * 1e3 - stages["row"]
    work = (finished - started).total_seconds() * 1e3
    reply = stages["enqueue"] + stages[WAIT] - queue - work
    return {HTTP: rest, **stages, "queue": queue, "work": work, "reply": reply}


def median_stages(requests: Sequence[Stages]) -> Stages:
    """The p50 of each stage. They need not add up to the p50 of the whole."""
    return {name: median(stages[name] for stages in requests) for name in requests[0]}
