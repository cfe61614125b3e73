"""A model server whose whole answers can be given up half-way."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from trajectories.errors import KernelWeaveError
from workers.backends.completion import (
    Backend,
    BackendError,
    BackendGarbage,
    Completion,
    ModelRequest,
)
from workers.backends.wanted import as_long_as


@dataclass(frozen=True)
class Watched:
    """Asks for whole answers as streams, and closes them when it should: so the server stops, too.

    `require_going` raises when nobody waits for the answer any more; it is asked often, also while
    the server says nothing.
    """

    backend: Backend
    require_going: Callable[[], None]

    def complete(self, request: ModelRequest) -> Completion:
        """Raises what the backend and `require_going` raise."""
        self.require_going()
        done: Completion | None = None
        try:
            with as_long_as(self._goes_on), closing(self.backend.stream(request)) as deltas:
                for delta in deltas:
                    done = delta.completion or done
                    self.require_going()
        except BackendError:
            self.require_going()
            raise
        if done is None:
            raise BackendGarbage("The model server's stream ended before the answer did.")
        return done

    def _goes_on(self) -> bool:
        try:
            self.require_going()
        except KernelWeaveError:
            return False
        return True
