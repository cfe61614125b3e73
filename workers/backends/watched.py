"""A model server whose whole answers can be given up half-way."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from workers.backends.completion import Backend, BackendGarbage, Completion, ModelRequest


@dataclass(frozen=True)
class Watched:
    """Asks for whole answers as streams, and closes them when it should: so the server stops, too.

    `require_going` raises when nobody waits for the answer any more; it is asked at each piece.
    """

    backend: Backend
    require_going: Callable[[], None]

    def complete(self, request: ModelRequest) -> Completion:
        """Raises what the backend and `require_going` raise."""
        self.require_going()
        done: Completion | None = None
        with closing(self.backend.stream(request)) as deltas:
            for delta in deltas:
                done = delta.completion or done
                self.require_going()
        if done is None:
            raise BackendGarbage("The model server's stream ended before the answer did.")
        return done
