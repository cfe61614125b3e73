"""Which strategy a question gets: the cheapest, or a dearer one that measurably pays (row X8)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.645  # one-sided, 95 %
FIRST = "one_chain"


@dataclass(frozen=True)
class Record:
    """What a strategy came to on questions of one worker whose answers were judged."""

    strategy: str
    judged: int
    right: float  # the sum of qualities in [0, 1]
    tokens: int  # completion tokens of all of them

    @property
    def quality(self) -> float:
        return self.right / self.judged if self.judged else 0.0

    @property
    def tokens_each(self) -> float:
        return self.tokens / self.judged if self.judged else 0.0


@dataclass(frozen=True)
class Choice:
    """The strategy, and the sentence that says why."""

    strategy: str
    reason: str


def choose(records: Sequence[Record], *, least_judged: int, gain_per_1000: float) -> Choice:
    """Climbs from the cheapest strategy to a dearer one as long as that is better beyond the noise.

    Better by at least `gain_per_1000` (quality in [0, 1]) for each 1,000 tokens more, by the lower
    end of a one-sided 95 % interval of the difference (Newcombe, from Wilson intervals). Of two
    that cost the same, the better one. Strategies with fewer than `least_judged` answers are not
    considered; with none, the first of all is taken.
    """
    known = sorted(
        (one for one in records if one.judged >= least_judged),
        key=lambda one: (one.tokens_each, -one.quality),
    )
    if not known:
        return Choice(FIRST, "nothing is known yet of what pays: one answer")
    best = known[0]
    why = f"{best.strategy} is the cheapest with enough judged answers"
    for dearer in known[1:]:
        more = max(0.0, dearer.tokens_each - best.tokens_each)
        surely = least_difference(dearer, best)
        if surely > 0 and dearer.quality - best.quality >= gain_per_1000 * more / 1000:
            why = (
                f"{dearer.strategy} is right in {dearer.quality:.0%} for {dearer.tokens_each:.0f} "
                f"tokens, {best.strategy} in {best.quality:.0%} for {best.tokens_each:.0f}"
            )
            best = dearer
    return Choice(best.strategy, why)


def least_difference(one: Record, other: Record) -> float:
    """The lower end of a one-sided 95 % interval of the difference of two independent shares."""
    low, _ = _wilson(one)
    _, high = _wilson(other)
    difference = one.quality - other.quality
    return difference - math.hypot(one.quality - low, high - other.quality)


def _wilson(record: Record) -> tuple[float, float]:
    n, share = record.judged, record.quality
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return middle - half, middle + half
