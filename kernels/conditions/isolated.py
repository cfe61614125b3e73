"""Runs a slow library on untrusted input in a process of its own, which is killed when it is late.

For checks whose library cannot be interrupted: symbolic algebra, nested comprehensions in CEL.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import Any

import execnet

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
    if not _turn.acquire(timeout=WAIT_FOR_TURN_S):
        raise NoResult("other calculations took too long")
    try:
        worker = _worker()
        try:
            return worker.call(module, function, arguments, within_s)
        except (execnet.TimeoutError, EOFError, OSError) as error:
            worker.kill()
            raise NoResult(f"it took more than {within_s:g} s, or ended its process") from error
    finally:
        _turn.release()


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


_turn = Lock()
_workers: list[_Worker] = []


def _worker() -> _Worker:
    """This process's worker; a forked process has none of its parent's."""
    if not _workers or not _workers[0].alive or _workers[0].pid != os.getpid():
        _workers[:] = [_Worker()]
    return _workers[0]


@atexit.register
def _end() -> None:
    for worker in _workers:
        if worker.alive and worker.pid == os.getpid():
            worker.kill()
