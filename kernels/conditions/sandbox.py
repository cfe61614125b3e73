"""Runs untrusted Python: a subset, in worker processes, within set time and memory.

The interpreter is Monty: a few pure modules to import; no files, environment, network, processes.
What it does not cover: a flaw in Monty itself (its process has this user's rights), and the
processor time of several checks at once (each takes a core for up to `TIME_S`).
"""

import atexit
import os
from contextlib import ExitStack
from functools import lru_cache
from threading import Lock
from typing import Any

from pydantic_monty import CollectString, Monty, MontyCrashedError, MontyError, ResourceLimits

TIME_S = 0.5
MEMORY_BYTES = 64 * 1024 * 1024
WAIT_FOR_WORKER_S = 10.0
LIMITS: ResourceLimits = {
    "max_feed_duration_secs": TIME_S,
    "max_memory": MEMORY_BYTES,
    "max_recursion_depth": 200,
    "max_suspensions": 10,
}


class SandboxError(Exception):
    """The code did not give a value: what it raised, or which limit stopped it."""


class SandboxDown(SandboxError):
    """No worker could run the code: it says nothing about the code."""


def run_python(*snippets: str, inputs: dict[str, Any] | None = None) -> Any:
    """Runs snippets one after the other in one fresh session; the value of the last expression.

    `inputs` are JSON values, bound as globals. Raises SandboxError.
    """
    value: Any = None
    try:
        with _lock:
            pool = _pool(os.getpid())
        with pool.checkout(limits=LIMITS, os_policy={"sleep": "zero"}) as session:
            for number, code in enumerate(snippets):
                given = inputs if number == 0 else None
                value = session.feed_run(code, inputs=given, print_callback=CollectString(10_000))
    except (MontyCrashedError, TimeoutError) as error:
        raise SandboxDown(f"the sandbox is down: {str(error)[:300]}") from error
    except (MontyError, ValueError) as error:
        raise SandboxError(str(error)[:500]) from error
    return value


@lru_cache(maxsize=1)
def _pool(pid: int) -> Monty:
    """One pool a process (a forked one has none of its parent's); its workers end with it."""
    return _open.enter_context(
        Monty(min_processes=1, checkout_timeout=WAIT_FOR_WORKER_S, request_timeout=4 * TIME_S)
    )


_lock = Lock()
_open = ExitStack()
atexit.register(_open.close)
