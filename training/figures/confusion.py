"""Which worker answered against which one was right, from rows as values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """A request sent to a worker. `right` is who should have had it, by people; empty: not said."""

    worker: str
    right: str = ""
    denied: bool = False  # people said it was the wrong one, perhaps without naming another
    verified: bool | None = None


@dataclass(frozen=True)
class Row:
    """Of one worker: whom people named for what it answered, and what the verifier found."""

    worker: str
    named: tuple[int, ...]  # in the order of the workers
    unnamed: int  # wrong, and nobody said who is right
    passed: int
    failed: int


@dataclass(frozen=True)
class Confusion:
    workers: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def said(self) -> int:
        return sum(sum(row.named) + row.unnamed for row in self.rows)

    @property
    def accuracy(self) -> float | None:
        """Share of those people spoke of that were sent to the right one; None of nothing."""
        right = sum(row.named[place] for place, row in enumerate(self.rows))
        return right / self.said if self.said else None


def confusion(sent: Iterable[Sent], workers: Sequence[str]) -> Confusion:
    """A row for each of `workers`; requests of others are left out."""
    named: Counter[tuple[str, str]] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    for one in sent:
        if one.right:
            named[one.worker, one.right] += 1
        elif one.denied:
            counts[one.worker, "unnamed"] += 1
        if one.verified is not None:
            counts[one.worker, "passed" if one.verified else "failed"] += 1
    rows = tuple(
        Row(
            worker,
            tuple(named[worker, right] for right in workers),
            counts[worker, "unnamed"],
            counts[worker, "passed"],
            counts[worker, "failed"],
        )
        for worker in workers
    )
    return Confusion(tuple(workers), rows)
