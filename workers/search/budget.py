"""The tokens that one search may have written, shared by all its simulations."""

from collections.abc import Callable
from threading import Lock

from trajectories.errors import KernelWeaveError

LEAST_GRANT = 16  # tokens; fewer hold no step


class BudgetSpent(KernelWeaveError):
    """No tokens, or no time, are left for another step."""


class SearchCancelled(KernelWeaveError):
    """The one who asked no longer waits for the answer."""


class Budget:
    """Completion tokens. Threads share it: what one was granted, no other can spend.

    `cancelled` (nobody waits for the answer) and `expired` (the time is up) are asked often, so
    they must be cheap. Prompt tokens are counted, not limited: a model server reads a prefix that
    it has seen for next to nothing.
    """

    def __init__(
        self,
        tokens: int,
        cancelled: Callable[[], bool] = lambda: False,
        expired: Callable[[], bool] = lambda: False,
    ) -> None:
        self.tokens = tokens
        self.cancelled = cancelled
        self.expired = expired
        self.spent = 0
        self.prompt_tokens = 0
        self._held = 0
        self._finished = False
        self._lock = Lock()

    @property
    def left(self) -> int:
        """Tokens that nobody has spent or been granted."""
        return self.tokens - self.spent - self._held

    def grant(self, most: int, least: int = LEAST_GRANT) -> int:
        """`least` to `most` tokens, to be settled. Raises BudgetSpent, SearchCancelled."""
        self.require_waiting()
        if self.over:
            raise BudgetSpent()
        with self._lock:
            granted = min(most, self.left)
            if granted < min(least, most):
                raise BudgetSpent()
            self._held += granted
            return granted

    def settle(self, granted: int, *, completion_tokens: int, prompt_tokens: int) -> None:
        """Gives back what a grant did not use."""
        with self._lock:
            self._held -= granted
            self.spent += completion_tokens
            self.prompt_tokens += prompt_tokens

    @property
    def over(self) -> bool:
        """Whether what is being written should end at once."""
        return self._finished or self.cancelled() or self.expired()

    def finish(self) -> None:
        """Ends what is being written: the answer is found."""
        self._finished = True

    def require_waiting(self) -> None:
        """Raises SearchCancelled when nobody waits any more."""
        if self.cancelled():
            raise SearchCancelled()
