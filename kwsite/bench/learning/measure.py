"""Searches held-out queries, learns from a stream of others, and searches the same again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.db import close_old_connections

from kernels.encoder import Vector, embed_all
from kwsite.bench.learning.family import Query
from kwsite.bench.learning.outcome import Answered, Learning
from kwsite.bench.learning.predicting import (
    TestStep,
    fitted_now,
    held_step,
    routed,
    scored,
)
from kwsite.bench.learning.searching import searched, streamed
from kwsite.commandline.client import ServiceClient
from training.text_vectors import TextVectors
from workers.backends.completion import Backend

POINTS = (50, 150, 300)
BATCH = 32
CLIENTS = 3  # at a time: while one's answer is checked, the model writes for another


@dataclass(frozen=True)
class Queries:
    """`tested` are searched before and after; `routed` are for the router alone."""

    stream: list[Query]
    tested: list[Query]
    routed: list[Query]


def points_of(count: int, told: int) -> list[int]:
    """After how many queries of the stream the nets learn."""
    return sorted({told, *(point for point in POINTS if told < point < count), count})


def measure_learning(
    service: ServiceClient,
    backend: Backend,
    queries: Queries,
    *,
    model: str,
    command: str,
    told: int,
    say: Callable[[str], object],
    advance: Callable[[], object],
    keep: Callable[[Learning], object],
) -> Learning:
    """`told`: how many of the first answers a person judges. `keep` is given what is there so far,
    after each point."""
    vectors = TextVectors(embed_in_batches)
    asked = (*queries.tested, *queries.routed)
    say("Held-out queries, from the cold start.")
    before, steps = _tested(queries.tested, backend, advance)
    found = Learning(
        model, command, told, (), before, (), tuple(routed(asked, vectors, None, 0)), (), ()
    )
    found = replace(found, steps=tuple(map(held_step, steps)))
    begun = 0
    for point in points_of(len(queries.stream), told):
        part = list(enumerate(queries.stream))[begun:point]
        begun = point

        def ask(numbered: tuple[int, Query]) -> Answered:
            one = streamed(service, *numbered, told=numbered[0] < told)
            advance()
            return one

        with ThreadPoolExecutor(CLIENTS) as pool:
            found = replace(found, streamed=(*found.streamed, *pool.map(ask, part)))
        found = _learned(found, asked, steps, vectors, point, say)
        keep(found)
    say("The same held-out queries, with what was learned.")
    after, _ = _tested(queries.tested, backend, advance)
    return replace(found, after=after)


def _tested(
    queries: Sequence[Query], backend: Backend, advance: Callable[[], object]
) -> tuple[tuple[Answered, ...], list[TestStep]]:
    def ask(numbered: tuple[int, Query]) -> tuple[Answered, list[TestStep]]:
        number, query = numbered
        answer, own = searched(number, query, backend)
        advance()
        close_old_connections()
        return answer, [TestStep(number, query.text, answer.worker, one) for one in own]

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(ask, enumerate(queries)))
    return tuple(answer for answer, _ in found), [step for _, own in found for step in own]


def _learned(
    found: Learning,
    asked: Sequence[Query],
    steps: Sequence[TestStep],
    vectors: TextVectors,
    samples: int,
    say: Callable[[str], object],
) -> Learning:
    policy, router = fitted_now("policy", samples)
    prm, scorer = fitted_now("prm", samples)
    for one in (policy, prm):
        say(f"{samples}: {one.kind} {one.state} {one.reason}")
    return replace(
        found,
        routed=(*found.routed, *routed(asked, vectors, router, samples)),
        steps=tuple(scored(found.steps, steps, vectors, scorer, samples)),
        rounds=(*found.rounds, policy, prm),
    )


def embed_in_batches(texts: Sequence[str]) -> list[Vector]:
    starts = range(0, len(texts), BATCH)
    return [vector for start in starts for vector in embed_all(texts[start : start + BATCH])]
