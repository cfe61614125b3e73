"""A stack of the benchmark's own: another home, another port, a model that answers at once."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure
from kwsite.stack.ports import free_port

READY_S = 240.0
STOP_S = 60.0
POLL_S = 0.1
READY = "is ready after"


@dataclass(frozen=True)
class Address:
    """Where the stack listens, a key for it, and the home of its state."""

    host: str
    port: int
    api_key: str
    home: Path


@contextmanager
def throwaway_stack(settings: Mapping[str, str]) -> Iterator[Address]:
    """Runs a stack with these settings for as long as the block lasts; nothing of it stays.

    SIGTERM and SIGHUP are a KeyboardInterrupt while it runs. Raises StackFailure when it does not
    start.
    """
    endings = (signal.SIGTERM, signal.SIGHUP)
    with _raised_for(endings), tempfile.TemporaryDirectory(prefix="kernelweave-bench-") as folder:
        home, port = Path(folder), free_port()
        with (home / "stack.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kwsite.stack"],
                cwd=CHECKOUT,
                env={**own_environment(home), "KW_PORT": str(port), **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the benchmark's, which then stops the stack.
            )
        try:
            _wait_until_ready(process, home / "stack.log")
            connection = json.loads((home / "connection.json").read_text())
            yield Address("127.0.0.1", port, connection["api_key"], home)
        finally:
            _stop(process)


@contextmanager
def _raised_for(endings: Sequence[signal.Signals]) -> Iterator[None]:
    """These signals raise, so that what was started is stopped; only the main thread may ask."""
    before = {one: signal.signal(one, signal.default_int_handler) for one in endings}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def own_environment(home: Path) -> dict[str, str]:
    """This process's environment, but for what names another stack than the one of `home`."""
    own = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith("KW_")
    }
    return inherited | {"KW_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while READY not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise StackFailure(
                f"The benchmark's stack did not start:\n{log.read_text(errors='replace')}"
            )
        time.sleep(POLL_S)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()  # Its parts end with it.
        process.wait()
