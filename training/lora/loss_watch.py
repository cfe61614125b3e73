"""Watches the loss of a training: it must be a number, and must not rise well above its start."""

import math
from collections.abc import Iterable

from training.lora.trainer import Diverged, NotFinite

DECAY = 0.9  # of the moving average
SETTLED = 8  # iterations before a rise counts: the first batches differ much
LEAST_RISE = 1.0  # nats a token
RISE = 0.5  # of the start


class LossWatch:
    """Losses in nats a token. `began` is where it began: the first, or the base model's own."""

    def __init__(self, losses: Iterable[float] = (), *, began: float | None = None) -> None:
        """`losses` are those of the iterations before a checkpoint."""
        self._began = began
        self._average = 0.0
        self._count = 0
        for loss in losses:
            self._add(loss)

    def see(self, iteration: int, loss: float) -> None:
        """Raises NotFinite, Diverged."""
        require_finite(loss, f"The loss of iteration {iteration}")
        self._add(loss)
        began = self._began or 0.0
        if self._count >= SETTLED and self.smoothed > began + max(LEAST_RISE, RISE * began):
            raise Diverged(
                f"The loss diverges: {self.smoothed:.2f} at iteration {iteration}, smoothed, and "
                f"{began:.2f} when it began. A lower learning rate may help."
            )

    @property
    def smoothed(self) -> float:
        """The moving average, corrected for having begun at 0."""
        return self._average / (1 - DECAY**self._count) if self._count else math.nan

    def _add(self, loss: float) -> None:
        self._began = loss if self._began is None else self._began
        self._average = DECAY * self._average + (1 - DECAY) * loss
        self._count += 1


def require_finite(value: float, what: str) -> None:
    """Raises NotFinite."""
    if not math.isfinite(value):
        raise NotFinite(f"{what} is {'NaN' if math.isnan(value) else 'infinite'}.")
