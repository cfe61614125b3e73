"""What storing an answer costs with and without the marks by which the rollups are kept."""

from dataclasses import dataclass
from itertools import count, islice
from statistics import median
from time import perf_counter

from django.db import connection

from kwsite.bench.home.filling import TRAJECTORIES

ROUNDS = 10  # each way, in turn
STORED = 50  # a round, each in a transaction of its own
TABLE = "trajectories_trajectory"


@dataclass(frozen=True)
class MarkCost:
    """Median milliseconds of one stored answer, by the database alone."""

    marked_ms: float
    unmarked_ms: float


def measure_marks(*, rows: int, client: int) -> MarkCost:
    """Adds some answers beside `rows` stored ones."""
    took: dict[bool, list[float]] = {True: [], False: []}
    numbers = count(rows)
    with connection.cursor() as cursor:
        for _ in range(ROUNDS):
            for marked in (True, False):
                cursor.execute(f"ALTER TABLE {TABLE} {'EN' if marked else 'DIS'}ABLE TRIGGER USER")
                for number in islice(numbers, STORED):
                    given = {"first": number, "last": number + 1, "rows": 2 * rows}
                    began = perf_counter()
                    cursor.execute(TRAJECTORIES, {**given, "client": client})
                    took[marked].append((perf_counter() - began) * 1000)
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")
    return MarkCost(median(took[True]), median(took[False]))
