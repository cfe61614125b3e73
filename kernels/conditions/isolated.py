"""Runs a slow library on untrusted input in a process of its own, which is killed when it is late.

For checks whose library cannot be interrupted: symbolic algebra, nested comprehensions in CEL.
A few of these processes work side by side, and no one function has them all: slow calls of one kind
hold up their own kind alone.
"""

import atexit
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import Any

import execnet

MOST_WORKERS = 3
MOST_OF_ONE_KIND = 2
WAIT_FOR_TURN_S = 10.0
PATIENCE = 10  # times the processor time that it may take, where others want the processor, too
START_S = 60.0  # to import what a function needs, on a busy machine
MEMORY_BYTES = 2 * 1024**3  # of address space: libraries and what they compute
ROOT = str(Path(__file__).resolve().parents[2])

_SERVE = """
import importlib, math, resource, sys
root, memory = channel.receive()
sys.path.insert(0, root)
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
for module, function, arguments, within_s in channel:
    try:
        found = getattr(importlib.import_module(module), function)
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = math.ceil(used.ru_utime + used.ru_stime + within_s)
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        channel.send(None)  # imported: from here on it takes its own time
        channel.send((True, found(*arguments)))
    except Exception as error:
        channel.send((False, f"{type(error).__name__}: {error}"[:500]))
"""


class NoResult(Exception):
    """The calculation failed, took too long, or ended its process; the message says which."""


def run_isolated(module: str, function: str, *arguments: Any, within_s: float) -> Any:
    """What the function returns, for JSON arguments and a JSON result. Raises NoResult.

    `within_s` is processor time.
    """
    with _pool.worker(f"{module}.{function}") as worker:
        try:
            return worker.call(module, function, arguments, within_s)
        except (execnet.TimeoutError, EOFError, OSError) as error:
            worker.kill()
            raise NoResult(f"it took more than {within_s:g} s, or ended its process") from error


class _Worker:
    """A Python process that was started afresh: it has nothing of this one's state.

    Its limit of processor time (in whole seconds) also ends it when this one is killed.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.alive = True
        self._group = execnet.Group()
        gateway = self._group.makegateway(f"popen//python={sys.executable}")
        # execnet itself waits politely before it kills.
        self._process: subprocess.Popen[bytes] = gateway._io.popen  # type: ignore[attr-defined]
        self._channel = gateway.remote_exec(_SERVE)
        self._channel.send((ROOT, MEMORY_BYTES))

    def call(self, module: str, function: str, arguments: Any, within_s: float) -> Any:
        self._channel.send((module, function, arguments, within_s))
        said = self._channel.receive(START_S)
        if said is None:
            said = self._channel.receive(PATIENCE * within_s)
        worked, result = said
        if not worked:
            raise NoResult(result)
        return result

    def kill(self) -> None:
        self.alive = False
        self._process.kill()
        self._process.wait()
        self._group.terminate(timeout=0)


class _Pool:
    """This process's workers; a forked process has none of its parent's."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._busy = Counter[str]()
        self._changed = Condition()

    @contextmanager
    def worker(self, kind: str) -> Iterator[_Worker]:
        """One for this kind of call alone. Raises NoResult."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(kind), WAIT_FOR_TURN_S):
                raise NoResult("other calculations took too long")
            self._busy[kind] += 1
            self._idle = [worker for worker in self._idle if worker.pid == os.getpid()]
            worker = self._idle.pop() if self._idle else None
        try:
            worker = worker or _Worker()
            yield worker
        finally:
            with self._changed:
                self._busy[kind] -= 1
                if worker is not None and worker.alive:
                    self._idle.append(worker)
                self._changed.notify_all()

    def end(self) -> None:
        for worker in self._idle:
            if worker.pid == os.getpid():
                worker.kill()

    def _has_room(self, kind: str) -> bool:
        return self._busy[kind] < MOST_OF_ONE_KIND and self._busy.total() < MOST_WORKERS


_pool = _Pool()
atexit.register(_pool.end)
