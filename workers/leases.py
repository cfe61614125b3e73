"""Keeps this process's claims on its runs alive while it works on them."""

import os
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, close_old_connections

from workers.recording import renew_leases

WORKER = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class LeaseKeeper:
    """One thread a process that renews the leases of all runs in work, three times a lease."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, run_id: str, lease_s: float) -> Iterator[None]:
        """Renews the lease of a run as long as the block lasts."""
        with self._lock:
            self._held[run_id] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, args=(lease_s,), daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held -= Counter((run_id,))

    def _renew(self, lease_s: float) -> None:
        pause = threading.Event()
        while True:
            pause.wait(lease_s / 3)
            with self._lock:
                held = sorted(self._held)
            if not held:
                continue
            try:
                renew_leases(worker=WORKER, run_ids=held, lease_s=lease_s)
            except DatabaseError:
                close_old_connections()  # tried again in a third of a lease


keeper = LeaseKeeper()
