"""Starts everything, stays until Ctrl-C, stops everything."""

import signal
import sys
import time
from types import FrameType

from kwsite.env import Environment, home, require_allowed
from kwsite.stack.announcement import announce
from kwsite.stack.failure import StackFailure
from kwsite.stack.lock import hold_lock
from kwsite.stack.ports import require_address, require_free
from kwsite.stack.supervisor import Stack


def main() -> int:
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    try:
        _run()
    except KeyboardInterrupt:
        return 0
    except StackFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The stack cannot run: {error}", file=sys.stderr)
        return 1
    return 0


def _run() -> None:
    began = time.monotonic()
    require_allowed()
    environment = Environment({})  # stack.json is this stack's own to write
    host, port = environment.text("KW_HOST", "127.0.0.1"), environment.integer("KW_PORT", 8000)
    require_address(host)
    folder = home().resolve()
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with hold_lock(folder):
        require_free(port, host)
        stack = Stack(home=folder, host=host, port=port)
        try:
            connection = stack.start()
            announce(connection, site_url=stack.site_url, seconds=time.monotonic() - began)
            stack.watch()
        finally:
            _ignore_further_signals()
            stack.stop()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_further_signals() -> None:
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
