"""This process's own folder for training, and what dead processes left of theirs."""

import fcntl
import shutil
from pathlib import Path
from typing import IO

from workers.leases import WORKER


class Scratch:
    """A folder with a lock that the system drops with the process that holds it."""

    def __init__(self, place: Path, name: str = WORKER) -> None:
        self._place = place
        self._name = name
        self._lock: IO[str] | None = None

    def folder(self) -> Path:
        """The folder; the first time, those of dead processes are deleted."""
        own = self._place / self._name
        if self._lock is None:
            own.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(own)
            for other in self._place.iterdir():
                if other != own and (lock := _locked(other)) is not None:
                    shutil.rmtree(other)
                    lock.close()
        return own

    def give_up(self) -> None:
        """Leaves the folder to whoever comes next, as a process does that dies."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _locked(folder: Path) -> IO[str] | None:
    """The lock of a folder; None while a living process holds it."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock
