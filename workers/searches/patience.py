"""How long a search is waited for: until nobody asks any more, or its time is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from workers.search.budget import BudgetSpent, SearchCancelled


@dataclass(frozen=True)
class Patience:
    """`ends_at` as `time.monotonic` counts. All of it is asked often, by several threads."""

    cancelled: Callable[[], bool]
    ends_at: float

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
