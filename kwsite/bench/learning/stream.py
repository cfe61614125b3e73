"""The stream that is learned from, and the queries that nothing has learned from.

The test has no text, no wording and, by half, no family of the stream. Nor is any query an example
prompt of a worker.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, cycle, islice
from random import Random

from kwsite.bench.learning import calculations, passages, programs, puzzles, texts
from kwsite.bench.learning import crossed as crossing
from kwsite.bench.learning.family import Family, Query, worded
from kwsite.bench.routing_data import UnusableData
from training.nets.roster import WORKERS
from training.splits import query_digest
from workers.nets import EXAMPLES

FAMILIES = (
    *calculations.FAMILIES,
    *programs.FAMILIES,
    *puzzles.FAMILIES,
    *passages.FAMILIES,
    *texts.FAMILIES,
)
CROSSED = crossing.FAMILIES
PARTS = ("new wordings", "new families")
SEED = 20
MOST_DRAWS = 200  # of one query, until it is new


def stream(count: int, *, seed: int = SEED) -> list[Query]:
    """`count` different queries of all workers alike, in a mixed order. Raises UnusableData."""
    random = Random(seed)
    drawn = [_new(_streamed(worker), random) for worker in WORKERS]
    queries = list(islice(chain.from_iterable(zip(*drawn, strict=False)), count))
    if len(queries) < count:
        raise UnusableData(f"There are {len(queries)} different queries, not {count}.")
    random.shuffle(queries)
    return queries


def held_out(count: int, *, seed: int = SEED) -> list[Query]:
    """`count` queries with their answers held out: half of them of families that are unknown.

    The workers take turns, and so do known and unknown families.
    """
    random = Random(f"held out {seed}")
    drawn = {
        (worker, part): _new(_tested(worker, part), random) for part in PARTS for worker in WORKERS
    }
    turns = ((worker, part) for part in cycle(PARTS) for worker in WORKERS)
    return [next(drawn[turn]) for turn in islice(turns, count)]


def crossed(count: int, *, seed: int = SEED) -> list[Query]:
    """`count` queries for the router alone, whose subjects are other workers'."""
    random = Random(f"crossed {seed}")
    drawn = [
        _new([(f, f.other) for f in CROSSED if f.worker == worker], random) for worker in WORKERS
    ]
    return list(islice(chain.from_iterable(zip(*drawn, strict=False)), count))


def part_of(query: Query) -> str:
    """Which part of the test a query belongs to."""
    if any(f.name == query.family for f in CROSSED):
        return "other subjects"
    return PARTS[not any(f.name == query.family and f.is_streamed for f in FAMILIES)]


def _streamed(worker: str) -> list[tuple[Family, tuple[str, ...]]]:
    return [(f, f.wordings) for f in FAMILIES if f.worker == worker and f.is_streamed]


def _tested(worker: str, part: str) -> list[tuple[Family, tuple[str, ...]]]:
    known = part == PARTS[0]
    return [(f, f.other) for f in FAMILIES if f.worker == worker and f.is_streamed == known]


def _new(families: Sequence[tuple[Family, tuple[str, ...]]], random: Random) -> Iterator[Query]:
    """Queries by turns of families, each text once. Ends where nothing new is drawn any more."""
    used = {query_digest(text) for own in EXAMPLES.values() for text in own}
    turns = cycle([(f, cycle(random.sample(own, len(own)))) for f, own in families])
    failed = 0
    while failed < MOST_DRAWS:
        family, wordings = next(turns)
        query = worded(family, next(wordings), random)
        digest = query_digest(query.text)
        failed = failed + 1 if digest in used else 0
        if not failed:
            used.add(digest)
            yield query
