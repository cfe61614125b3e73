"""Runs a slow library on untrusted input in a process of its own, which is killed when it is late.

For checks whose library cannot be interrupted: symbolic algebra, nested comprehensions in CEL.
"""

import multiprocessing
import os
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

T = TypeVar("T")
MEMORY_BYTES = 2 * 1024**3  # of address space: libraries and what they compute


class TooSlow(Exception):
    """The calculation took longer than it may."""


class Crashed(Exception):
    """The calculation ended its process, as when it wants more memory than it may have."""


def run_isolated(function: Callable[..., T], *arguments: Any, within_s: float) -> T:
    """What the function returns or raises, from a spawned process. Raises TooSlow, Crashed.

    Function and arguments are pickled; they come from our own modules and JSON.
    """
    with _lock:
        future = _pool(os.getpid()).schedule(function, args=arguments, timeout=within_s)
    try:
        result: T = future.result()
    except TimeoutError as error:
        raise TooSlow(f"it took longer than {within_s:g} s") from error
    except (ProcessExpired, MemoryError) as error:
        raise Crashed("it wanted more memory than it may have, or crashed") from error
    return result


_lock = Lock()


@lru_cache(maxsize=1)
def _pool(pid: int) -> ProcessPool:
    """One pool a process; its worker starts with the first calculation and ends with the pool's."""
    return ProcessPool(
        max_workers=1, initializer=_limit, context=multiprocessing.get_context("spawn")
    )


def _limit() -> None:
    import resource  # not on every platform

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
