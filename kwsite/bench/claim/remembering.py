"""Makes the same call of the model once for all arms."""

import time
from collections.abc import Generator

from workers.backends.completion import Backend, Completion, Delta, ModelRequest


class Remembering:
    """A model server whose answers at temperature 0 are asked for once, each with what it took.

    Several arms make the very same call: a kernel that nobody routes to is generation, for one.
    Other temperatures and streams go through each time.
    """

    def __init__(self, backend: Backend) -> None:
        self.saved_ms = 0.0  # what the remembered answers would have taken, in all
        self.fresh = backend  # for calls that no other arm makes
        self._known: dict[str, tuple[Completion, float]] = {}

    def complete(self, request: ModelRequest) -> Completion:
        if request.options.get("temperature") != 0:
            return self.fresh.complete(request)
        if (key := repr(request)) in self._known:
            completion, ms = self._known[key]
            self.saved_ms += ms
            return completion
        began = time.perf_counter()
        completion = self.fresh.complete(request)
        self._known[key] = completion, (time.perf_counter() - began) * 1e3
        return completion

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        return self.fresh.stream(request)
