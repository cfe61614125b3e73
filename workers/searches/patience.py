"""How long a search is waited for: until nobody asks any more, or its time is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from workers.search.budget import BudgetSpent, SearchCancelled

MARGIN = 0.1  # of what a request may take: for the reply, and for what is being verified
LEAST_S = 1.0


def seconds_left(search_s: float, *, request_s: float, waited_s: float) -> float:
    """How long a search may take, so that its answer is there before the request's time is up.

    `waited_s` have passed since the request was accepted. Where hardly any time is left, nobody
    waits for the reply, and the whole of `search_s` is taken for who asks for the run later.
    """
    left = request_s * (1 - MARGIN) - waited_s
    return min(search_s, left) if left >= LEAST_S else search_s


@dataclass(frozen=True)
class Patience:
    """`ends_at` as `time.monotonic` counts. All of it is asked often, by several threads."""

    cancelled: Callable[[], bool]
    ends_at: float

    def longer(self, seconds: float) -> "Patience":
        return replace(self, ends_at=self.ends_at + seconds)

    def expired(self) -> bool:
        return time.monotonic() > self.ends_at

    def require_waiting(self) -> None:
        """Raises SearchCancelled."""
        if self.cancelled():
            raise SearchCancelled()

    def require_going(self) -> None:
        """Raises SearchCancelled, BudgetSpent."""
        self.require_waiting()
        if self.expired():
            raise BudgetSpent()
