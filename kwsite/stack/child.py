"""A child process of the stack: its log, its end, and a wait until it serves."""

import ctypes
import os
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
TRACEBACK = "Traceback (most recent call last):\n"
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
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = _start(command, environment, log, stop_signal, user)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def check_alive(self) -> None:
        code = self.process.poll()
        if code is not None:
            raise StackFailure(
                f"{self.name}: died with exit code {code}. Log: {self.log}; "
                f"its last line: {self.last_line()}"
            )

    def wait_until(self, serves: Callable[[], bool], *, within_s: float) -> None:
        """Returns once `serves()`; raises when this or a needed process dies or time is over."""
        deadline = time.monotonic() + within_s
        while not serves():
            for child in (*self.needed, self):
                child.check_alive()
            if time.monotonic() > deadline:
                raise StackFailure(
                    f"{self.name}: not ready after {within_s:.0f} s. Log: {self.log}; "
                    f"its last line: {self.last_line()}"
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

    def last_line(self) -> str:
        """The last thing the process said; of a traceback, its exception."""
        *_, last_words = self._written().rpartition(TRACEBACK)
        lines = [line for line in last_words.splitlines() if line.strip()]
        if TRACEBACK in self._written():
            lines = [line for line in lines if not line[0].isspace()][:1]
        return lines[-1].strip() if lines else "(nothing written)"

    def stop(self, *, within_s: float) -> None:
        """Asks the process to end, then ends what is left of its session."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # Nothing was left.

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


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal))

    return ask_kernel
