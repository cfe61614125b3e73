"""A child process of the stack: its log, its end, and a wait until it serves."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure

POLL_S = 0.05
TRACEBACK = "Traceback (most recent call last):"
ERROR = re.compile(r"\b(ERROR|CRITICAL|FATAL|PANIC)\b")
ENDING_LINES = 20  # in which a part says why it ends, its goodbyes included
PR_SET_PDEATHSIG = 1


class Child:
    """A running part. `needed` are the parts without which it is of no use.

    `stop_signal` is also what it gets should the supervisor die.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        logs: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self.stop_signal = stop_signal
        self.needed: tuple[Child, ...] = ()
        self._asked_to_end = False
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = _start(command, environment, log, stop_signal, user)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def check_alive(self) -> None:
        code = self.process.poll()
        if code is not None:
            raise StackFailure(f"{self.name}: died with exit code {code}{self._cause(code)}")

    def wait_until(self, serves: Callable[[], bool], *, within_s: float) -> None:
        """Returns once `serves()`; raises when this or a needed process dies or time is over."""
        deadline = time.monotonic() + within_s
        while not serves():
            for child in (*self.needed, self):
                child.check_alive()
            if time.monotonic() > deadline:
                raise StackFailure(
                    f"{self.name}: not ready after {within_s:.0f} s. Log: {self.log}; "
                    f"its last words: {self.last_words()}"
                )
            time.sleep(POLL_S)

    def wait_for_success(self, *, within_s: float) -> None:
        """Returns once the process has ended well."""
        self.wait_until(lambda: self.process.poll() is not None, within_s=within_s)
        if self.process.returncode:
            self.check_alive()

    def said(self, words: str) -> bool:
        """Whether this process has written `words` to its log."""
        return words in self._written()

    def last_words(self) -> str:
        """Of its last lines: the last exception, else the last error, else the last line."""
        return _telling([line for line in self._written().splitlines() if line.strip()])

    def ask_to_end(self) -> None:
        """Once: asked again, some processes drop what they would have finished."""
        if not self._asked_to_end:
            self._asked_to_end = True
            self.process.send_signal(self.stop_signal)

    def stop(self, *, within_s: float) -> None:
        """Asks the process to end, then ends what is left of its session."""
        if self.process.poll() is None:
            self.ask_to_end()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # Nothing was left.

    def _cause(self, code: int) -> str:
        if code == -signal.SIGKILL:  # What it said before is not why.
            return (
                ": killed by somebody, or by the system for want of memory. "
                f"`make run` starts it again. Log: {self.log}"
            )
        return (
            ". Mend what its log says, then `make run` again. "
            f"Log: {self.log}; its last words: {self.last_words()}"
        )

    def _written(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")


def _start(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    log: IO[bytes],
    stop_signal: signal.Signals,
    user: str | None,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=CHECKOUT if user is None else "/",
        start_new_session=True,
        preexec_fn=_die_with_parent(stop_signal),
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


def _telling(lines: Sequence[str]) -> str:
    ending = lines[-ENDING_LINES:]
    errors = [line for line in ending if ERROR.search(line)]
    exceptions = [line for line in _exceptions(lines) if line in ending]
    found = exceptions or errors or ending or ["(nothing written)"]
    return found[-1].strip()


def _exceptions(lines: Sequence[str]) -> list[str]:
    """The first line of each traceback that is not indented."""
    found, inside = [], False
    for line in lines:
        if line == TRACEBACK:
            inside = True
        elif inside and not line[0].isspace():
            found.append(line)
            inside = False
    return found


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal))

    return ask_kernel
