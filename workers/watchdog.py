"""Ends a process in which nothing moves any more; whoever supervises it starts another.

A C extension that never gives the interpreter back (a runaway match, say) stops every thread of
its process, also the one that renews the leases. `faulthandler` waits outside the interpreter.
"""

import faulthandler
import threading

BEATS = 10  # within the limit
STDERR = 2  # the descriptor: Celery puts a logger in place of `sys.stderr`


def watch(limit_s: float) -> None:
    """From now on the process ends, with a traceback of each thread, once stuck for `limit_s`."""
    threading.Thread(target=_beat, args=(limit_s,), name="watchdog", daemon=True).start()


def _beat(limit_s: float) -> None:
    pause = threading.Event()
    while True:
        faulthandler.dump_traceback_later(limit_s, exit=True, file=STDERR)
        pause.wait(limit_s / BEATS)
