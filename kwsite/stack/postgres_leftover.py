"""What a server that was cut off left behind: its pid file, or itself, still shutting down."""

import signal
from pathlib import Path

import psutil

from kwsite.stack.failure import StackFailure

SHUTDOWN_S = 20.0


def clear_leftover(data: Path) -> None:
    """Waits for an old server on `data` to end; drops a pid file that names no such server."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    first_line = pid_file.read_text().split("\n", 1)[0]
    if first_line.isdecimal() and (server := _server(int(first_line), data)) is not None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(SHUTDOWN_S)
        except psutil.TimeoutExpired as error:
            raise StackFailure(
                f"postgres: an old server on {data} (process {server.pid}) does not end. Stop it."
            ) from error
    pid_file.unlink(missing_ok=True)


def _server(pid: int, data: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        if process.name() == "postgres" and str(data) in process.cmdline():
            return process
    except psutil.NoSuchProcess:
        return None
    return None
