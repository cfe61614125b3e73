"""Which lessons belong together: a union-find whose 4 bytes a member lie in a file."""

import mmap
from array import array
from pathlib import Path
from types import TracebackType

CHUNK = 100_000


class Forest:
    """Members 0, 1, ...; a group is called by its smallest member."""

    def __init__(self, file: Path, members: int) -> None:
        with file.open("wb") as written:
            for start in range(0, members, CHUNK):
                array("I", range(start, min(start + CHUNK, members))).tofile(written)
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 0) if members else None
        self._parents = memoryview(self._map).cast("I") if self._map else memoryview(b"")

    def find(self, member: int) -> int:
        parents = self._parents
        while parents[member] != member:
            parents[member] = member = parents[parents[member]]
        return member

    def unite(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._parents[high] = low

    def __enter__(self) -> "Forest":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._parents.release()
        if self._map is not None:
            self._map.close()
