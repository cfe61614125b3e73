"""`bench hook`: how long an agent waits for its hook, whatever the service does."""

import argparse
import json
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from kwsite.bench.arguments import positive
from kwsite.bench.figures import percentile
from kwsite.bench.grid import Grid
from kwsite.bench.showing import show
from kwsite.env import CHECKOUT

HOOK = CHECKOUT / "clients" / "hook" / "kernelweave_hook.py"
PYTHON = [sys.executable, "-I", "-S"]
POSTED = "PostToolUse"
EVENT = json.dumps(
    {
        "session_id": "bench",
        "cwd": "/home/dev/tally",
        "hook_event_name": POSTED,
        "tool_name": "Bash",
        "tool_input": {"command": "python -m pytest -q", "description": "Run the tests"},
        "tool_response": {"stdout": "a line of output\n" * 200, "stderr": "", "interrupted": False},
    }
).encode()


@dataclass(frozen=True)
class Waited:
    """Milliseconds from the start of a process to its end."""

    service: str
    runs: int
    p50_ms: float
    p99_ms: float
    longest_ms: float


class _Storing(BaseHTTPRequestHandler):
    """Says of every tap that it is stored."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [{"status": "stored", "detail": ""} for _ in body["taps"]]
        reply = json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: what is printed is the table."""


@contextmanager
def _up() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Storing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _away() -> Iterator[str]:
    with socket.socket() as bound:  # Not listening, so whoever connects is refused.
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def _hanging() -> Iterator[str]:
    with socket.socket() as listening:  # Connections are made and never answered.
        listening.bind(("127.0.0.1", 0))
        listening.listen(1000)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


SERVICES = {"up": _up, "away": _away, "hanging": _hanging}


def measure_hook(runs: int) -> list[Waited]:
    """The interpreter alone as well, which nobody can do without.

    A sender that failed is tried again at each event, where a real one pauses: the dearest case.
    """
    command = installed_command()
    found = [_waited("(interpreter alone)", [*PYTHON, "-c", "pass"], runs, {}, None)]
    for name, serving in SERVICES.items():
        with serving() as url, TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            env = {
                "HOME": folder,
                "KERNELWEAVE_URL": url,
                "KERNELWEAVE_API_KEY": "kw-bench",
                "KERNELWEAVE_SPOOL": folder,
            }
            pause = Path(folder) / "sender.json"
            found.append(_waited(name, command, runs, env, pause))
    return found


def installed_command() -> list[str]:
    """As the agent's settings have it."""
    printed = subprocess.check_output([*PYTHON, str(HOOK), "install"])
    return shlex.split(json.loads(printed)["hooks"][POSTED][0]["hooks"][0]["command"])


def _waited(
    service: str, command: list[str], runs: int, env: dict[str, str], pause: Path | None
) -> Waited:
    took: list[float] = []
    for _ in range(runs):
        if pause:
            pause.unlink(missing_ok=True)
        started = time.perf_counter()
        subprocess.run(
            command,
            input=EVENT,
            env={"PATH": os.environ["PATH"], **env},
            capture_output=True,
            check=True,
        )
        took.append((time.perf_counter() - started) * 1000)
    return Waited(service, runs, median(took), percentile(took, 99), max(took))


def hook_grid(found: list[Waited]) -> Grid:
    rows = tuple(
        (
            one.service,
            str(one.runs),
            *(f"{ms:.0f}" for ms in (one.p50_ms, one.p99_ms, one.longest_ms)),
        )
        for one in found
    )
    columns = ("service", "events", "p50 ms", "p99 ms", "longest ms")
    return Grid("What an agent waits for its hook, an event", columns, rows)


def add_hook_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=positive, default=100, help="events of each kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_hook(options: dict[str, Any]) -> None:
    found = measure_hook(options["runs"])
    as_json = {"bench": "hook", "waited": [asdict(one) for one in found]}
    show(as_json, [hook_grid(found)], as_json=options["json"])
