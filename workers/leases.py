"""Keeps this process's claims on runs, and on steps of plans, alive while it works on them."""

import faulthandler
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.db import DatabaseError, connections

from workers.recording import renew_leases
from workers.step_claims import renew_step_leases
from workers.watchdog import STDERR

log = logging.getLogger(__name__)
WORKER = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Renew(Protocol):
    """Says that a worker is alive and still at these rows."""

    def __call__(self, *, worker: str, run_ids: list[str], lease_s: float) -> None: ...


class LeaseKeeper:
    """One thread a process that renews the leases of all runs in work, three times a lease.

    A thread cannot be ended: when a run is in work for longer than any run can be, the process
    ends, and the sweep hands its runs on.
    """

    def __init__(self, renew: Renew) -> None:
        self._renew_rows = renew
        self._held: dict[object, tuple[str, float]] = {}  # run, and when its work must be over
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, run_id: str, *, lease_s: float, limit_s: float) -> Iterator[None]:
        """Renews the lease of a run as long as the block lasts, and it may last `limit_s`."""
        claim = object()
        with self._lock:
            self._held[claim] = (run_id, time.monotonic() + limit_s)
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, args=(lease_s,), daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[claim]

    def _renew(self, lease_s: float) -> None:
        pause = threading.Event()
        while True:
            pause.wait(lease_s / 3)
            with self._lock:
                held = list(self._held.values())
            overdue = [run_id for run_id, end in held if end < time.monotonic()]
            if overdue:
                _end_process(overdue)
            if not held:
                continue
            try:
                runs = sorted({run_id for run_id, _ in held})
                self._renew_rows(worker=WORKER, run_ids=runs, lease_s=lease_s)
            except DatabaseError as error:
                log.warning("leases are renewed in a third of a lease again: %s", error)
            except Exception:
                log.exception("leases were not renewed")  # this thread must not end
            finally:
                connections.close_all()  # nobody needs it until then


def _end_process(overdue: list[str]) -> None:
    log.critical("runs %s are stuck; this process ends", ", ".join(overdue))
    try:
        faulthandler.dump_traceback(file=STDERR)
    finally:
        os._exit(1)


keeper = LeaseKeeper(renew_leases)
step_keeper = LeaseKeeper(renew_step_leases)
