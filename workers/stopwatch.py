"""How long the stages of a request took, one after another."""

from time import perf_counter


class Stopwatch:
    """Runs from its making; each `lap` ends one stage and begins the next."""

    def __init__(self) -> None:
        self.stages_ms: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """Ends a stage."""
        now = perf_counter()
        self.stages_ms[stage] = (now - self._last) * 1e3
        self._last = now

    def server_timing(self) -> str:
        """The stages as the value of a `Server-Timing` header (W3C), in milliseconds."""
        return ", ".join(f"{stage};dur={took:.3f}" for stage, took in self.stages_ms.items())
