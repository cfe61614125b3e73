"""Ends a process in which nothing moves any more; whoever supervises it starts another.

A C extension that never gives the interpreter back (a runaway match, say) stops every thread of
its process, also the one that renews the leases. `faulthandler` waits outside the interpreter.

A process that ends in order has longer: taking the interpreter down moves nothing and, where
others need the processor more, takes its time.
"""

import atexit
import faulthandler
import threading

BEATS = 10  # within the limit
ENDING_S = 600.0
STDERR = 2  # the descriptor: Celery puts a logger in place of `sys.stderr`


def watch(limit_s: float) -> None:
    """From now on the process ends, with a traceback of each thread, once stuck for `limit_s`."""
    ending = threading.Event()
    beating = threading.Thread(target=_beat, args=(limit_s, ending), name="watchdog", daemon=True)
    beating.start()
    atexit.register(_let_go, beating, ending)


def _beat(limit_s: float, ending: threading.Event) -> None:
    while not ending.is_set():
        faulthandler.dump_traceback_later(limit_s, exit=True, file=STDERR)
        ending.wait(limit_s / BEATS)


def _let_go(beating: threading.Thread, ending: threading.Event) -> None:
    ending.set()
    try:
        beating.join()  # or it might set its own limit once more
    finally:
        faulthandler.dump_traceback_later(ENDING_S, exit=True, file=STDERR)
