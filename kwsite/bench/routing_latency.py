"""How long one prompt waits for its route, at several numbers of exemplars in pgvector."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import psycopg
from pgvector.psycopg import register_vector

from kernels.encoder import DIMENSIONS, PARTS, Vector, embed_layers
from kernels.head import NEIGHBOURS, SIGNS, Head, Neighbours
from kernels.trust import Curve, Trust
from kwsite.bench.figures import Figures, figures
from kwsite.stack.ports import free_port
from kwsite.stack.postgres import database_url, start_postgres, wait_for_postgres

SIZES = (1_000, 10_000, 100_000)
QUERIES = 200
WARM_UP = 20
STOP_S = 30.0
KERNELS = 150
SPREAD = 0.7  # of an exemplar around its kernel's centre, which has length 1
PROMPT = "please tell me whether order {} has left the depot"
SCHEMA = """
CREATE TABLE exemplar (id bigserial PRIMARY KEY, kernel int, live bool, embedding vector(384));
CREATE INDEX ON exemplar USING hnsw (embedding vector_cosine_ops) WHERE live;
SET hnsw.iterative_scan = strict_order;
"""


@dataclass(frozen=True)
class RoutingLatency:
    """Milliseconds with one client: embedding, the search by exemplars, and head with P(right)."""

    embed: Figures
    search: dict[int, Figures]
    head: Figures


def measure_latency(*, advance: Callable[[int], object]) -> RoutingLatency:
    """`advance` is told how many exemplars were stored. Raises StackFailure."""
    dice = np.random.default_rng(0)
    centres = _unit(dice.normal(size=(KERNELS, DIMENSIONS)))
    search = {}
    with _database() as database:
        database.execute(SCHEMA)
        stored = 0
        for size in SIZES:
            _store(database, centres, size - stored, dice)
            advance(size - stored)
            stored = size
            asked = _around(centres, WARM_UP + QUERIES, dice)[0]
            search[size] = _timed(partial(_nearest_next, database, iter(asked)))
    head, trust = _blank_head(centres, dice)
    near = Neighbours(
        np.full((1, NEIGHBOURS), 0.5, dtype=np.float32), np.arange(NEIGHBOURS)[None] % KERNELS
    )
    layers = embed_layers([PROMPT.format(0)])
    numbers = iter(range(WARM_UP + QUERIES))
    return RoutingLatency(
        _timed(lambda: embed_layers([PROMPT.format(next(numbers))])),
        search,
        _timed(lambda: trust.probability(head.read(layers, near))),
    )


def _timed(step: Callable[[], object]) -> Figures:
    for _ in range(WARM_UP):
        step()
    latencies = []
    for _ in range(QUERIES):
        began = perf_counter()
        step()
        latencies.append((perf_counter() - began) * 1e3)
    return figures(latencies, sum(latencies) / 1e3)


@contextmanager
def _database() -> Iterator[psycopg.Connection]:
    """An embedded PostgreSQL of the benchmark's own; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="kernelweave-bench-") as folder:
        home, port, password = Path(folder), free_port(), secrets.token_hex(16)
        (home / "logs").mkdir()
        server = start_postgres(home=home, port=port, password=password, environment=os.environ)
        try:
            wait_for_postgres(server, port=port, password=password)
            url = database_url(port=port, password=password)
            with psycopg.connect(url, autocommit=True) as connection:
                register_vector(connection)
                yield connection
        finally:
            server.stop(within_s=STOP_S)


def _store(
    database: psycopg.Connection, centres: Vector, count: int, dice: np.random.Generator
) -> None:
    rows, kernels = _around(centres, count, dice)
    cursor = database.cursor()
    with cursor.copy(
        "COPY exemplar (kernel, live, embedding) FROM STDIN WITH (FORMAT BINARY)"
    ) as copy:
        copy.set_types(["int4", "bool", "vector"])
        for kernel, row in zip(kernels.tolist(), rows, strict=True):
            copy.write_row((kernel, True, row))
    database.execute("ANALYZE exemplar")


def _nearest_next(database: psycopg.Connection, asked: Iterator[Vector]) -> object:
    return database.execute(
        "SELECT kernel, 1 - (embedding <=> %(asked)s) FROM exemplar WHERE live "
        "ORDER BY embedding <=> %(asked)s LIMIT %(count)s",
        {"asked": next(asked), "count": NEIGHBOURS},
    ).fetchall()


def _around(
    centres: Vector, count: int, dice: np.random.Generator
) -> tuple[Vector, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    kernels = dice.integers(len(centres), size=count)
    noise = _unit(dice.normal(size=(count, DIMENSIONS)))
    return _unit(centres[kernels] + SPREAD * noise), kernels


def _unit(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]] | Vector) -> Vector:
    unit: Vector = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _blank_head(centres: Vector, dice: np.random.Generator) -> tuple[Head, Trust]:
    """Of the usual size; what it says does not matter here."""
    wide = dice.normal(size=(PARTS * DIMENSIONS, KERNELS)).astype(np.float32)
    bias = np.zeros(KERNELS, dtype=np.float32)
    square = np.eye(DIMENSIONS, dtype=np.float32)
    center = np.zeros(PARTS * DIMENSIONS, dtype=np.float32)
    names = tuple(str(number) for number in range(KERNELS))
    head = Head("", names, center, wide, bias, wide, bias, centres, centres, square, square)
    curve = Curve((-1.0, 0.0, 0.5, 1.0, 2.0), (0.0,) * 5)
    return head, Trust((curve,) * len(SIGNS), (0.0,) * KERNELS, 0.0, {})
