"""Which texts are near-duplicates: all pairs with a similarity from a threshold on, and no other.

Two sets whose Jaccard similarity is at least t have at least ceil(t |x|) members in common. Put in
one order that holds for all, of which any will do, the first |x| - ceil(t |x|) + 1 members of each
then have one in common ("prefix filtering", Chaudhuri et al. 2006, Bayardo et al. 2007); the first
|x| - ceil(t |x|) + 2 have two. With the rarest first, few others do, and these are compared.

So nothing is missed, as hashing into bands would. It is exact up to a bound: so many sets with a
rare member in common that they cannot be compared in pairs are taken for near-duplicates unseen
(`unseen` says how many).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from math import ceil

import numpy as np
from numpy.typing import NDArray

from training.export.forest import Forest
from training.export.rarity import Rarity
from training.export.shingles import Shingles, similarity

COMPARED = 256  # sets of one bucket that are compared in pairs
PARTED = 20_000  # sets of one bucket that are put into smaller ones
TINY = 1e-9

ShinglesOf = Callable[[int], Shingles]
Entry = tuple[int, int, int]  # a shingle, how many its set has, the set's number


@dataclass(frozen=True)
class Batch:
    """Sets behind each other: their numbers, how many members each has, the members."""

    units: NDArray[np.int64]
    sizes: NDArray[np.int64]
    shingles: Shingles


def prefix_length(size: int, threshold: float, shared: int = 1) -> int:
    """How many members must be looked at to find `shared` common ones."""
    return min(size, size - ceil(threshold * size - TINY) + shared)


def prefixes(batch: Batch, rarity: Rarity, threshold: float) -> Iterator[Entry]:
    """The rarest members of each set, so many that near-duplicates have one in common."""
    owner = np.repeat(np.arange(len(batch.units)), batch.sizes)
    order = np.lexsort((batch.shingles, rarity.of(batch.shingles), owner))
    starts = np.cumsum(batch.sizes) - batch.sizes
    rank = np.arange(len(owner)) - starts[owner]
    wanted = batch.sizes - np.ceil(threshold * batch.sizes - TINY).astype(np.int64) + 1
    kept = rank < wanted[owner]
    owner = owner[kept]
    tokens = batch.shingles[order][kept].view(np.int64)
    return zip(
        tokens.tolist(), batch.sizes[owner].tolist(), batch.units[owner].tolist(), strict=True
    )


class Uniting:
    """Unites what is near, a bucket of sets with a common member at a time."""

    def __init__(
        self, *, forest: Forest, shingles_of: ShinglesOf, rarity: Rarity, threshold: float
    ) -> None:
        self._forest = forest
        self._shingles_of = shingles_of
        self._rarity = rarity
        self._threshold = threshold
        self.unseen = 0  # sets that were united without being compared

    def unite_all(self, entries: Iterator[Entry]) -> None:
        """`entries` come in order, so that those with one shingle follow each other."""
        for token, bucket in groupby(entries, key=lambda entry: entry[0]):
            self._unite_bucket(token, ((size, unit) for _, size, unit in bucket))

    def _unite_bucket(self, token: int, members: Iterator[tuple[int, int]]) -> None:
        bucket = list(islice(members, PARTED + 1))
        if len(bucket) > PARTED:
            self._unite_unseen(chain(bucket, members))
        elif len(bucket) > COMPARED:
            for part in self._parted(token, bucket):
                self._compare(part) if len(part) <= COMPARED else self._unite_unseen(part)
        else:
            self._compare(bucket)

    def _parted(self, token: int, bucket: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        """By a second common member; sets of one member have no near-duplicate but themselves."""
        parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for size, unit in bucket:
            shingles = self._shingles_of(unit)
            order = np.lexsort((shingles, self._rarity.of(shingles)))
            length = prefix_length(size, self._threshold, shared=2)
            for other in shingles[order][:length].view(np.int64).tolist():
                if other != token:
                    parts[other].append((size, unit))
        yield from parts.values()

    def _compare(self, bucket: Sequence[tuple[int, int]]) -> None:
        """`bucket` begins with the smallest sets; one much larger than another is not near it."""
        if len(bucket) < 2:
            return
        forest, threshold = self._forest, self._threshold
        sets: dict[int, frozenset[int]] = {}
        for place, (size, unit) in enumerate(bucket):
            for larger, other in bucket[place + 1 :]:
                if size < threshold * larger - TINY:
                    break
                if forest.find(unit) == forest.find(other):
                    continue
                for one in (unit, other):
                    if one not in sets:
                        sets[one] = frozenset(self._shingles_of(one).tolist())
                if similarity(sets[unit], sets[other]) >= threshold - TINY:
                    forest.unite(unit, other)

    def _unite_unseen(self, bucket: Iterable[tuple[int, int]]) -> None:
        members = iter(bucket)
        _, first = next(members)
        for _, unit in members:
            self._forest.unite(first, unit)
            self.unseen += 1
