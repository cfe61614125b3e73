"""One running stack a home: a lock that the system drops with the process that holds it."""

import fcntl
from pathlib import Path
from typing import IO

from kwsite.stack.failure import StackFailure


def hold_lock(home: Path) -> IO[str]:
    """Returns the open lock file; closing it gives the lock back."""
    lock = (home / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StackFailure(
            f"Another `make run` is running here ({home} is locked). Stop it first, "
            "or give this one its own KW_HOME and KW_PORT."
        ) from error
    return lock
