"""What was in work when a worker died is worked on one by one: it may be what kills workers."""

import threading
from collections.abc import Callable
from typing import Any

from workers.queueing import enqueue

PAUSE_S = 0.5
one_suspect = threading.Lock()


def alone(task: Any, work: Callable[[str], None], row_id: str) -> None:
    """Works on one suspect at a time in this process; `task` is the one to call again if not now.

    So it does not take the others along each time.
    """
    if not one_suspect.acquire(blocking=False):
        enqueue(task, row_id, queue="interactive", countdown_s=PAUSE_S)
        return
    try:
        work(row_id)
    finally:
        one_suspect.release()
