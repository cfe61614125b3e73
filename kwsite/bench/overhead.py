"""What the service adds to a request: its time when the model answers at once."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from kwsite.bench.figures import Figures, figures
from kwsite.bench.http_client import Answered, BenchClient
from kwsite.bench.prompts import new_prompts, repeated_prompts
from kwsite.bench.stack import Address
from kwsite.bench.stages import Stages, median_stages, stages_of

SETTINGS = {"KW_LLM_PROVIDER": "scripted"}
CLIENTS = (1, 16)
WARM_UP = 64
ROUNDS = 5


@dataclass
class Arm:
    """One way of asking, and what was measured of it."""

    clients: int
    prompts: str
    source: Iterator[str]
    answered: list[Answered] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class ArmResult:
    clients: int
    prompts: str
    figures: Figures


@dataclass(frozen=True)
class Overhead:
    """The figures of each arm, and p50 of each stage in milliseconds with one client."""

    arms: tuple[ArmResult, ...]
    stages: dict[str, Stages]


def measure_overhead(address: Address, *, requests: int, advance: Callable[[int], Any]) -> Overhead:
    """Sends `requests` in each arm, in rounds, so that a change of load meets all arms alike.

    `advance` is told how many requests were answered. Raises UnexpectedReply.
    """
    sources = {"new": new_prompts(), "repeated": repeated_prompts()}
    arms = [Arm(n, name, sources[name]) for n in CLIENTS for name in sources]
    with ExitStack() as open_clients:
        clients = [open_clients.enter_context(BenchClient(address)) for _ in range(max(CLIENTS))]
        for source in sources.values():
            _ask_all(clients, itertools.islice(source, WARM_UP))
        for size in _round_sizes(requests):
            for arm in arms:
                began = perf_counter()
                prompts = itertools.islice(arm.source, size)
                arm.answered += _ask_all(clients[: arm.clients], prompts)
                arm.seconds += perf_counter() - began
                advance(size)
        stages = {arm.prompts: _stages(arm, clients[0]) for arm in arms if arm.clients == 1}
    return Overhead(tuple(map(_result, arms)), stages)


def _ask_all(clients: list[BenchClient], prompts: Iterator[str]) -> list[Answered]:
    """Each client asks the next prompt as soon as it has its answer."""
    waiting = list(reversed(list(prompts)))

    def ask_until_none_wait(client: BenchClient) -> list[Answered]:
        answered: list[Answered] = []
        while True:
            try:
                prompt = waiting.pop()
            except IndexError:
                return answered
            answered.append(client.ask(prompt))

    if len(clients) == 1:
        return ask_until_none_wait(clients[0])
    with ThreadPoolExecutor(len(clients)) as threads:
        return list(itertools.chain.from_iterable(threads.map(ask_until_none_wait, clients)))


def _round_sizes(requests: int) -> list[int]:
    rounds = min(ROUNDS, requests)
    return [requests // rounds + (number < requests % rounds) for number in range(rounds)]


def _stages(arm: Arm, client: BenchClient) -> Stages:
    return median_stages(
        [stages_of(a.server_timing, a.latency_ms, client.run(a.run_id)) for a in arm.answered]
    )


def _result(arm: Arm) -> ArmResult:
    latencies = [answered.latency_ms for answered in arm.answered]
    return ArmResult(arm.clients, arm.prompts, figures(latencies, arm.seconds))
