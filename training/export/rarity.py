"""How often each shingle occurs, nearly, in memory that does not grow."""

import numpy as np
from numpy.typing import NDArray

from training.export.shingles import Shingles

BITS = 22  # counters: 16 MiB


class Rarity:
    """Counts in so many slots; shingles that share one are counted together.

    Only an order is made of it, and any order that is the same for all texts is right
    (`near_duplicates`): what is counted too high costs time.
    """

    def __init__(self, bits: int = BITS) -> None:
        self._slots = np.zeros(1 << bits, np.uint32)
        self._shift = np.uint64(64 - bits)

    def count(self, shingles: Shingles) -> None:
        np.add.at(self._slots, shingles >> self._shift, 1)

    def of(self, shingles: Shingles) -> NDArray[np.uint32]:
        found: NDArray[np.uint32] = self._slots[shingles >> self._shift]
        return found
