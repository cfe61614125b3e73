"""Whether an answer is still wanted: backends ask while they wait for the model server.

What is not wanted any more ends like a call whose time is up: with BackendTimeout, its connection
closed, so that the server stops, too.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from workers.backends.completion import BackendTimeout

POLL_S = 0.1

_wanted: ContextVar[Callable[[], bool]] = ContextVar("wanted")


@contextmanager
def as_long_as(wanted: Callable[[], bool]) -> Iterator[None]:
    """Calls of this block end when `wanted()` is false; it is asked often, by their thread."""
    token = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(token)


def may_end_early() -> bool:
    """Whether somebody could stop wanting the answer, so that waiting is done in short turns."""
    return _wanted.get(None) is not None


def is_wanted() -> bool:
    wanted = _wanted.get(None)
    return wanted is None or wanted()


def pause(seconds: float) -> None:
    """Sleeps as long as the answer is wanted. Raises BackendTimeout."""
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        if not is_wanted():
            raise BackendTimeout()
        time.sleep(min(left, POLL_S) if may_end_early() else left)
