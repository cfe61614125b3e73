"""What is observed while a request is answered, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from trajectories.models import Event


@dataclass(frozen=True)
class Observed:
    """One event as it will be stored."""

    kind: str
    payload: dict[str, Any]
    at: datetime
    duration_ms: float | None = None


class Trace:
    """Collects events; they are stored together with the trajectory, in one transaction."""

    def __init__(self) -> None:
        self.events: list[Observed] = []

    def add(self, kind: Event.Kind, /, **payload: Any) -> None:
        self.events.append(Observed(kind.value, payload, datetime.now(UTC)))

    @contextmanager
    def timed(self, kind: Event.Kind, payload: dict[str, Any]) -> Iterator[None]:
        """Adds an event that lasts as long as the block; `payload` may still be filled inside."""
        at, started = datetime.now(UTC), perf_counter()
        try:
            yield
        finally:
            duration = (perf_counter() - started) * 1e3
            self.events.append(Observed(kind.value, payload, at, duration))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(event.kind for event in self.events)
