"""What the cache of searched answers gives: how fast a hit is, how often, and how often wrongly.

The model answers at once and the validator always says yes, so that nothing but the cache's own
rules keeps a near miss from an answer. All is asked of the worker whose threshold is the lowest.
"""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any

from kernels.reuse.question import question
from kwsite.bench.figures import Figures, figures
from kwsite.bench.http_client import Answered, BenchClient
from kwsite.bench.prompts import repeated_prompts
from kwsite.bench.reuse import PARTS, SUITES
from kwsite.bench.stack import Address
from kwsite.bench.stages import Stages, median_stages, stages_of

SETTINGS = {
    "KW_LLM_PROVIDER": "scripted",
    "KW_ROUTER_EPSILON": "0",
    "KW_SEARCH_EXPLORE": "0",
    "KW_LEARN_EVERY": "1000000000",  # nets are not what is measured
}
WORKER = "creative"
ASKING: dict[str, Any] = {
    "max_tokens": 200,
    "kernelweave": {
        "search": {"worker": WORKER, "strategy": "one_shot"},
        "contract": {"conditions": [{"kind": "regex", "pattern": "(?s).*"}]},
    },
}
# Stored; the same question in other words; a near duplicate.
TIMED = (
    (
        "What are the benefits of yoga?",
        "Could you tell me the benefits of yoga, please?",
        "What are the advantages of yoga?",
    ),
    (
        "Which doctor treats skin problems?",
        "Please tell me which doctor treats skin problems.",
        "Which physician treats skin issues?",
    ),
    (
        "Do I have adequate savings to retire?",
        "Do I have adequate savings to retire? Thanks!",
        "Do I have sufficient savings to retire?",
    ),
    ("When did they build the stadium?",) * 2 + ("When was the stadium built?",),
)
WARM_UP = 20
CLIENTS = 4  # for the suites, where nothing is timed
HITS = ("same question", "near duplicate")
CONTROL = "no hit: generated"  # by the model that answers at once, as `bench overhead` measures it
ARMS = (*HITS, CONTROL)


@dataclass(frozen=True)
class HitTimes:
    """`without_validator`: the same requests, less the time of their validator calls."""

    arm: str
    whole: Figures
    without_validator: Figures
    stages: Stages


@dataclass(frozen=True)
class Traffic:
    """What became of a suite's pairs: the second prompt is asked after the first was answered.

    `lasting` counts the pairs whose answer may be given again at all, `lasting_first` the first
    prompts of which that is so. `repeated` are hits when the first prompt is asked once more
    (paraphrases alone), `same` and `near` hits of the second.
    """

    suite: str
    part: str
    pairs: int
    lasting: int
    lasting_first: int
    repeated: int
    same: int
    near: int


@dataclass(frozen=True)
class CacheFigures:
    """`load`: of the machine in the last minute of the timed part, this bench's own included."""

    load: float
    times: tuple[HitTimes, ...]
    traffic: tuple[Traffic, ...]


def measure_cache(
    address: Address, *, requests: int, pairs: int | None, advance: Callable[[int], Any]
) -> CacheFigures:
    """Times `requests` hits of each arm, then asks `pairs` of each suite, or all.

    Raises UnexpectedReply, MissedHit.
    """
    with ExitStack() as opened:
        clients = [opened.enter_context(BenchClient(address)) for _ in range(CLIENTS)]
        times = _times(clients[0], requests, advance)
        load = os.getloadavg()[0]
        seeds = count(1)
        traffic = tuple(_traffic(clients, *suite, seeds, advance) for suite in suites(pairs))
    return CacheFigures(load, times, traffic)


class MissedHit(Exception):
    """A timed request was not answered from the cache, or the control was."""


def suites(pairs: int | None) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """Each suite with its part and its first `pairs`."""
    for name, parts in PARTS.items():
        for part in parts:
            lines = (SUITES / f"{name}_{part}.jsonl").read_text().splitlines()
            yield name, part, [json.loads(line) for line in lines[:pairs]]


def _times(
    client: BenchClient, requests: int, advance: Callable[[int], Any]
) -> tuple[HitTimes, ...]:
    """One client; the arms take turns, so that a change of load meets both alike."""
    for stored, _, _ in TIMED:
        client.ask(stored, **ASKING)
    found: dict[str, list[Answered]] = {arm: [] for arm in ARMS}
    spent, control = dict.fromkeys(ARMS, 0.0), repeated_prompts()
    for turn in range(WARM_UP + requests):
        prompts = (*TIMED[turn % len(TIMED)][1:], next(control))
        for arm, prompt in zip(ARMS, prompts, strict=True):
            began = perf_counter()
            answered = client.ask(prompt, **({} if arm == CONTROL else ASKING))
            took = perf_counter() - began
            if (answered.told()["route"] == "reuse") == (arm == CONTROL):
                raise MissedHit(f"{prompt}: {answered.told()['reason']}")
            if turn >= WARM_UP:
                found[arm].append(answered)
                spent[arm] += took
                advance(1)
    return tuple(_hit_times(client, arm, found[arm], spent[arm]) for arm in ARMS)


def _hit_times(client: BenchClient, arm: str, answered: list[Answered], seconds: float) -> HitTimes:
    runs = [client.run(one.run_id) for one in answered]
    whole = [one.latency_ms for one in answered]
    validated = [_validator_ms(run) for run in runs]
    rest = [ms - own for ms, own in zip(whole, validated, strict=True)]
    stages = [
        stages_of(one.server_timing, one.latency_ms, run)
        for one, run in zip(answered, runs, strict=True)
    ]
    without = figures(rest, seconds - sum(validated) / 1e3)
    return HitTimes(arm, figures(whole, seconds), without, median_stages(stages))


def _validator_ms(run: dict[str, Any]) -> float:
    """How long the validator of this run took; 0 where none was asked."""
    return float(
        sum(
            event["duration_ms"]
            for event in run["events"]
            if event["payload"].get("kind") == "validator"
        )
    )


def _traffic(
    clients: list[BenchClient],
    suite: str,
    part: str,
    pairs: list[dict[str, str]],
    seeds: Iterator[int],
    advance: Callable[[int], Any],
) -> Traffic:
    waiting: SimpleQueue[tuple[int, dict[str, str]]] = SimpleQueue()
    for numbered in zip(seeds, pairs, strict=False):
        waiting.put(numbered)

    def work(client: BenchClient) -> list[tuple[bool, str]]:
        found: list[tuple[bool, str]] = []
        while True:
            try:
                seed, pair = waiting.get_nowait()
            except Empty:
                return found
            found.append(_asked(client, pair, seed, again=suite == "paraphrases"))
            advance(1)

    with ThreadPoolExecutor(len(clients)) as threads:
        results = [one for each in threads.map(work, clients) for one in each]
    first = [question(pair["a"]).timeless for pair in pairs]
    both = [
        lasts and question(pair["b"]).timeless for lasts, pair in zip(first, pairs, strict=True)
    ]
    ways = [way for _, way in results]
    repeated = sum(again for again, _ in results)
    return Traffic(
        suite,
        part,
        len(pairs),
        sum(both),
        sum(first),
        repeated,
        ways.count("same"),
        ways.count("near"),
    )


def _asked(
    client: BenchClient, pair: dict[str, str], seed: int, *, again: bool
) -> tuple[bool, str]:
    """Whether the first prompt is a hit when it is repeated, and what kind of hit the second is.

    Another seed is another request: so no pair gets what another pair left.
    """
    asking = {**ASKING, "seed": seed}
    client.ask(pair["a"], **asking)
    repeated = again and client.ask(pair["a"], **asking).told()["route"] == "reuse"
    told = client.ask(pair["b"], **asking).told()
    if told["route"] != "reuse":
        return repeated, "miss"
    return repeated, "near" if told["reuse"]["cosine"] is not None else "same"
