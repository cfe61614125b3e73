"""Lessons on disk while an export is made: SQLite holds, sorts and joins them in bounded memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from training.export.near_duplicates import Batch, Entry
from training.export.shingles import Shingles

CACHE_KIB = 32 * 1024
BATCH = 1_000  # sets of shingles that are worked on at a time

# `asks` is the digest of the system message and what is asked, `near` that of its shingles.
TABLES = """
CREATE TABLE lesson (
    n INTEGER PRIMARY KEY, content BLOB, recorded INTEGER, advantage REAL, copies INTEGER,
    domain TEXT, question TEXT, asks BLOB, near BLOB, shingles BLOB, messages TEXT
);
CREATE TABLE kept (
    n INTEGER, content BLOB, recorded INTEGER, copies INTEGER, domain TEXT, question TEXT,
    asks BLOB, near BLOB
);
CREATE TABLE placed (
    p INTEGER PRIMARY KEY, unit INTEGER, n INTEGER, content BLOB, recorded INTEGER, copies INTEGER,
    domain TEXT, question TEXT, near BLOB
);
CREATE TABLE unit (u INTEGER PRIMARY KEY, near BLOB, shingles BLOB);
CREATE TABLE prefix (token INTEGER, size INTEGER, unit INTEGER);
CREATE TABLE assigned (p INTEGER PRIMARY KEY, grouped INTEGER, valid INTEGER);
CREATE TABLE line (valid INTEGER, position INTEGER, p INTEGER);
"""
# Of equal messages, the one that was recorded, with the highest advantage.
MERGE = """
INSERT INTO kept SELECT n, content, recorded, copies, domain, question, asks, near FROM (
    SELECT *, row_number() OVER (
        PARTITION BY content ORDER BY recorded DESC, advantage DESC, domain, question DESC
    ) AS rank FROM (
        SELECT n, content, recorded, advantage, copies, domain, question, asks, near FROM lesson
    )
) WHERE rank = 1
"""
# Of one question, a recorded answer goes before a synthetic one, and one synthetic one is enough.
DROP_ANSWERED = """
DELETE FROM kept WHERE rowid IN (
    SELECT rowid FROM (
        SELECT rowid, recorded, row_number() OVER (
            PARTITION BY asks ORDER BY recorded DESC, content
        ) AS rank FROM kept
    ) WHERE rank > 1 AND NOT recorded
)
"""
PLACE = """
INSERT INTO placed SELECT NULL, dense_rank() OVER (ORDER BY near) - 1, n, content, recorded,
    copies, domain, question, near
FROM kept ORDER BY near, content
"""
COLLECT_UNITS = """
INSERT INTO unit SELECT unit, near, (SELECT shingles FROM lesson WHERE lesson.n = first.n) FROM (
    SELECT p, unit, near, n, lag(unit) OVER (ORDER BY p) AS before FROM placed
) AS first WHERE before IS NOT unit ORDER BY p
"""


class Row(NamedTuple):
    """A lesson as it is stored, without its number."""

    content: bytes
    recorded: bool
    advantage: float | None
    copies: int
    domain: str
    question: str
    asks: bytes
    near: bytes
    shingles: bytes
    messages: str


class Placed(NamedTuple):
    """A lesson that is kept, in an order that follows from what is kept alone."""

    p: int
    unit: int
    near: bytes
    content: bytes
    copies: int


class Assigned(NamedTuple):
    """Which group a lesson is of, and on which side."""

    p: int
    group: int
    valid: bool


class Line(NamedTuple):
    valid: bool
    position: int  # signed, of 64 bits
    p: int


class Scratch:
    """The tables, each filled once. The steps are called in the order in which they stand here."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        for setting in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "locking_mode = EXCLUSIVE",
            f"cache_size = -{CACHE_KIB}",
            "temp_store = FILE",
        ):
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(TABLES)

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def gather(self, rows: Iterable[Row]) -> None:
        self._insert("lesson", 10, rows, numbered=True)

    @property
    def lessons(self) -> int:
        """How many were gathered."""
        return self._count("lesson")

    def merge(self) -> tuple[int, int]:
        """How many equal lessons were merged, and how many synthetic ones were answered already."""
        self._database.execute(MERGE)
        merged = self.lessons - self._count("kept")
        answered = self._database.execute(DROP_ANSWERED).rowcount
        return merged, answered

    def place(self) -> int:
        """Numbers lessons and the sets of shingles that they have; returns how many sets."""
        self._database.execute(PLACE)
        self._database.execute(COLLECT_UNITS)
        return self._count("unit")

    def placed(self) -> Iterator[Placed]:
        """Those of the same set of shingles follow each other."""
        found = self._database.execute(
            "SELECT p, unit, near, content, copies FROM placed ORDER BY p"
        )
        return map(Placed._make, found)

    def batches(self) -> Iterator[Batch]:
        found = self._database.execute("SELECT u, shingles FROM unit ORDER BY u")
        while rows := found.fetchmany(BATCH):
            yield Batch(
                np.array([unit for unit, _ in rows], np.int64),
                np.array([len(each) // 8 for _, each in rows], np.int64),
                np.frombuffer(b"".join(each for _, each in rows), np.uint64),
            )

    def shingles_of(self, unit: int) -> Shingles:
        found = self._database.execute("SELECT shingles FROM unit WHERE u = ?", [unit])
        return np.frombuffer(found.fetchone()[0], np.uint64)

    def near_of(self, unit: int) -> bytes:
        """The digest of its shingles."""
        found = self._database.execute("SELECT near FROM unit WHERE u = ?", [unit])
        return bytes(found.fetchone()[0])

    def add_prefixes(self, entries: Iterable[Entry]) -> None:
        self._insert("prefix", 3, entries)

    def prefixes(self) -> Iterator[Entry]:
        return self._database.execute(
            "SELECT token, size, unit FROM prefix ORDER BY token, size, unit"
        )

    def same_questions(self) -> Iterator[tuple[str, int]]:
        """Questions in canonical form, and the sets of shingles in which they are asked."""
        return self._database.execute(
            "SELECT DISTINCT question, unit FROM placed WHERE question != '' ORDER BY 1, 2"
        )

    def assign(self, sides: Iterable[Assigned]) -> None:
        self._insert("assigned", 3, sides)

    def sides(self) -> Iterator[tuple[Placed, bool]]:
        found = self._database.execute(
            "SELECT p, unit, near, content, copies, valid FROM placed JOIN assigned USING (p) "
            "ORDER BY p"
        )
        return ((Placed._make(row[:5]), bool(row[5])) for row in found)

    def order(self, lines: Iterable[Line]) -> None:
        self._insert("line", 3, lines)
        self._database.execute("CREATE INDEX line_order ON line (valid, position, p)")

    @property
    def written(self) -> int:
        """How many lines the files have."""
        return self._count("line")

    def lines(self, *, valid: bool) -> Iterator[str]:
        """The messages of each line of a file, as JSON."""
        found = self._database.execute(
            "SELECT lesson.messages FROM line CROSS JOIN placed USING (p) "
            "CROSS JOIN lesson USING (n) WHERE line.valid = ? ORDER BY line.position, line.p",
            [valid],
        )
        return (messages for (messages,) in found)

    def contents(self) -> Iterator[tuple[bytes, int, str]]:
        """What makes the data these data: contents, copies and questions, in order."""
        return self._database.execute(
            "SELECT content, copies, question FROM placed ORDER BY content"
        )

    def figures(self) -> list[tuple[bool, int, bool, int]]:
        """Of each side, of so many copies, recorded or synthetic: how many lessons."""
        return self._database.execute(
            "SELECT valid, copies, recorded, count(*) FROM assigned JOIN placed USING (p) "
            "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ).fetchall()

    def domains(self, most: int) -> list[tuple[str, int]]:
        """The largest, and how many lessons each has."""
        return self._database.execute(
            "SELECT domain, count(*) FROM placed GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?", [most]
        ).fetchall()

    def groups(self) -> list[tuple[int, int, int]]:
        """By side (0 or 1): how many groups, and how many lessons the largest has."""
        return self._database.execute(
            "SELECT valid, count(*), max(lessons) FROM "
            "(SELECT valid, count(*) AS lessons FROM assigned GROUP BY grouped) GROUP BY valid"
        ).fetchall()

    def _insert(
        self, table: str, columns: int, rows: Iterable[Any], *, numbered: bool = False
    ) -> None:
        marks = ", ".join(["NULL"] * numbered + ["?"] * columns)
        self._database.execute("BEGIN")
        self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self._database.execute("COMMIT")

    def _count(self, table: str) -> int:
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
