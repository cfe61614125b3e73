"""Which derived bounds a server's grammars hold; the others would only look as if they cut."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from kernels.decoding.patterns import Ended

COUNTS = frozenset({"maxLength", "maxItems", "maxProperties"})


@dataclass(frozen=True)
class Known:
    """What grammars hold: these counts, up to `most`, and the patterns that `pattern` says yes to.

    Without arguments all of them, as grammars in this process do.
    """

    counts: frozenset[str] = COUNTS
    most: float = math.inf
    pattern: Callable[[str], bool] = lambda pattern: True

    def count(self, keyword: str, most: int) -> bool:
        return keyword in self.counts and most <= self.most

    def ending(self, pattern: Ended) -> bool:
        """Whether the grammars hold the ends of its repetitions."""
        return pattern.most <= self.most and self.pattern(pattern.pattern)


ALL = Known()
NO_BOUNDS = Known(counts=frozenset(), pattern=lambda pattern: False)
