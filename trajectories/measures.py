"""What Prometheus is told: counters and times of this process, and of its siblings (row X13).

Processes of one host share `PROMETHEUS_MULTIPROC_DIR`; whoever is asked answers for all of them.
Those of containers have the same process ids, so each counts under its host's name and its id.
"""

import os
import socket

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector


def writer() -> str:
    """The process among all that count into the folder."""
    return f"{socket.gethostname()}-{os.getpid()}"


if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    values.ValueClass = values.MultiProcessValue(writer)  # type: ignore[no-untyped-call]

ANSWERS = Counter(
    "kernelweave_answers",
    "Answers, by route and by what their checks said.",
    ["route", "verified"],
)
ANSWER_SECONDS = Histogram(
    "kernelweave_answer_seconds",
    "From the acceptance of a run to its answer.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
TOKENS = Counter("kernelweave_tokens", "Tokens of model calls.", ["route", "kind"])
FAILED_RUNS = Counter("kernelweave_failed_runs", "Runs that ended without an answer.", ["code"])
ADAPTER_ANSWERS = Counter(
    "kernelweave_adapter_answers",
    "Answers that an adapter generated, by what their checks said.",
    ["adapter", "verified"],
)
ADAPTER_FAILURES = Counter(
    "kernelweave_adapter_failures",
    "Requests for an adapter that the base model answered, as its server did not.",
    ["adapter"],
)
TAPS = Counter("kernelweave_taps", "Taps of agents that were stored.", ["tap"])
EVENTS = Counter("kernelweave_agent_events", "Events of agents that were stored.")

NAMES = {True: "passed", False: "failed", None: "unchecked"}


def exposition() -> bytes:
    """All of them in Prometheus' text format."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
