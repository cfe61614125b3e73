"""What a run tells while it trains, as its row keeps it: the curve and the log, both bounded."""

import math
from collections.abc import Sequence
from typing import Any

from training.lora.trainer import Progress

MOST_POINTS = 500
MOST_CHARS = 60_000
HEAD_CHARS = 10_000  # of a log that is cut; the rest is its end
CUT = "[...]\n"

Point = list[Any]  # iteration, training loss, validation loss or None


class Journal:
    """Begins with what earlier attempts left, cut back to where training resumes."""

    def __init__(self, *, curve: Sequence[Point] = (), log: str = "", iteration: int = 0) -> None:
        self.iteration = iteration
        self.tokens_per_s: float | None = None
        self.curve: list[Point] = [list(one) for one in curve if one[0] <= iteration]
        self.log = log

    def tell(self, progress: Progress) -> None:
        self.iteration = progress.iteration
        self.tokens_per_s = _finite(progress.tokens_per_s)
        losses = (_finite(progress.loss), _finite(progress.validation_loss))
        self.curve.append([progress.iteration, *losses])
        self.curve = thinned(self.curve)
        if progress.line:
            self.say(progress.line)

    def say(self, line: str) -> None:
        self.log = cut(f"{self.log}{line}\n")


def thinned(curve: list[Point], most: int = MOST_POINTS) -> list[Point]:
    """Every second point where there are more than `most`; of validation losses the newest stay.

    The last point stays.
    """
    if len(curve) <= most:
        return curve
    kept = [
        point
        for place, point in enumerate(curve)
        if (len(curve) - 1 - place) % 2 == 0 or point[2] is not None
    ]
    if len(kept) > most:
        kept = kept[(len(kept) - 1) % 2 :: 2]
    return kept


def cut(log: str, most: int = MOST_CHARS, head: int = HEAD_CHARS) -> str:
    """The beginning and the end of a log that is too long, whole lines."""
    if len(log) <= most:
        return log
    begins, mark, _ = log.partition(CUT)
    if not mark:
        begins = log[: log.rfind("\n", 0, head) + 1]
    tail = log[-(most // 2) :]
    return begins + CUT + tail[tail.find("\n") + 1 :]


def _finite(number: float | None) -> float | None:
    """JSON knows no other numbers."""
    return number if number is not None and math.isfinite(number) else None
