"""How fast taps are acknowledged, and how many events, beside more and more stored ones."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kwsite.bench.figures import percentile
from kwsite.bench.stack import Address
from kwsite.bench.taps.agents import KINDS, Pace, all_latencies, run_agents
from kwsite.bench.taps.filling import fill

AGENTS = 16
SETTINGS = {"KW_LLM_PROVIDER": "scripted"}
PACES = (
    Pace("one event a tap, as fast as they can", events=1, taps=20),
    Pace("ten events a tap, as fast as they can", events=10, taps=10),
    Pace("1,000 events a second, five a tap", events=5, taps=10, per_second=1000.0),
)
WARM_UP_S = 2.0


@dataclass(frozen=True)
class PaceResult:
    """Latencies in milliseconds of all taps; `events_per_s` that were acknowledged."""

    stored: int
    pace: str
    taps: int
    p50_ms: float
    p99_ms: float
    taps_per_s: float
    events_per_s: float
    p99_ms_of: dict[str, float]  # open, events, close


@dataclass(frozen=True)
class TapFigures:
    load: float
    results: tuple[PaceResult, ...]


def measure_taps(
    address: Address, *, stored: Sequence[int], seconds: float, advance: Callable[[int], Any]
) -> TapFigures:
    """With each number of stored trajectories, each pace for so many seconds.

    `advance` is told of each stored trajectory. Raises UnexpectedReply.
    """
    told = json.loads((address.home / "stack.json").read_text())
    results = []
    run_agents(address, PACES[0], AGENTS, WARM_UP_S)
    for number in sorted(stored):
        fill(told["DATABASE_URL"], number, advance)
        results += [_result(address, number, pace, seconds) for pace in PACES]
    return TapFigures(os.getloadavg()[0], tuple(results))


def _result(address: Address, stored: int, pace: Pace, seconds: float) -> PaceResult:
    taps = run_agents(address, pace, AGENTS, seconds)
    latencies = all_latencies(taps)
    return PaceResult(
        stored,
        pace.name,
        len(latencies),
        percentile(latencies, 50),
        percentile(latencies, 99),
        len(latencies) / taps.seconds,
        taps.events / taps.seconds,
        {kind: percentile(taps.latencies.get(kind, [0.0]), 99) for kind in KINDS},
    )
