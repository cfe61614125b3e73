"""A service of taps over loopback HTTP that behaves, or misbehaves, as a test tells it to.

    with serve_taps() as service:
        KERNELWEAVE_URL=service.url
        service.stored["an id"]["prompt"]

It keeps the contract of `POST /api/taps`: at least one tap, results in order, each thing once by
its id (an event by its time as well), and refused what belongs to a trajectory that it does not
know. `connected` counts what was asked at all.

Modes: ok, late (after `late_s`), hang (never answers), hang_headers (nothing behind the first
line), drip (a byte now and then), error500, unauthorized401, invalid422 (of any request with a tap
whose prompt, tool or output says "poison"), stumble500 (the same with 500), redirect, garbage,
short (one result too few), unknown (a status that nobody knows), close (hangs up unanswered).
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

KEY = "kw-test"
DRIP_EVERY_S = 0.05
ERRORS = {"error500": 500, "unauthorized401": 401}


@dataclass
class TapService:
    """What it does, settable at any time, and what it was sent."""

    mode: str = "ok"
    late_s: float = 1.0
    url: str = ""
    connected: int = 0
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id, in order
    batches: list[list[dict[str, Any]]] = field(default_factory=list)  # as they were sent
    ended: list[str] = field(default_factory=list)
    redirected: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, taps: list[dict[str, Any]]) -> list[dict[str, str]]:
        with self._lock:
            self.batches.append(taps)
            return [self._take_one(tap) for tap in taps]

    def _take_one(self, tap: dict[str, Any]) -> dict[str, str]:
        kind = tap["tap"]
        if kind == "end":
            self.ended.append(tap["session"])
        elif kind == "open":
            self.stored.setdefault(tap["id"], tap)
        elif kind not in ("event", "close", "annotate"):
            return {"status": "refused", "detail": "'tap' is one of open, event, ..."}
        elif tap["trajectory"] not in self.stored:
            return {"status": "refused", "detail": "no such trajectory"}
        elif kind == "event":
            known = self.stored.setdefault(tap["id"], tap)
            if known["at"] != tap["at"]:
                self.stored[f"{tap['id']} {tap['at']}"] = tap
        elif kind == "close":
            self.stored[tap["trajectory"]]["closed"] = tap
        return {"status": "stored", "detail": ""}

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [tap for tap in self.stored.values() if tap["tap"] == kind]


@contextmanager
def serve_taps(mode: str = "ok") -> Iterator[TapService]:
    service = TapService(mode=mode)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(service))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler_of(service: TapService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.connected += 1
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/elsewhere":
                service.redirected += 1
            if service.mode in ("hang", "hang_headers", "drip"):
                self._keep_waiting()
            elif service.mode == "close":
                self.connection.close()
            elif service.mode == "redirect":
                self._reply(307, b"", Location=f"{service.url}/elsewhere")
            elif service.mode == "garbage":
                self._reply(200, b"<html>Welcome</html>")
            elif self.headers["Authorization"] != f"Bearer {KEY}":
                self._reply(401, b'{"error": "unknown key"}')
            elif service.mode in ERRORS:
                self._reply(ERRORS[service.mode], b'{"error": "as told"}')
            elif service.mode == "invalid422" and "poison" in json.dumps(body):
                self._reply(422, b'{"error": "poison"}')
            elif service.mode == "stumble500" and "poison" in json.dumps(body):
                self._reply(500, b'{"error": "internal_error"}')
            elif not body["taps"]:
                self._reply(400, b'{"error": "no taps"}')
            else:
                self._answer(body["taps"])

        def _answer(self, taps: list[dict[str, Any]]) -> None:
            if service.mode == "late":
                service.stopping.wait(service.late_s)
            results = service.take(taps) if service.mode != "unknown" else [{"status": "?"}]
            if service.mode == "short":
                results = results[1:]
            self._reply(200, json.dumps({"results": results}).encode())

        def _keep_waiting(self) -> None:
            self.close_connection = True
            if service.mode == "hang":
                service.stopping.wait()
                return
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            if service.mode == "hang_headers":
                service.stopping.wait()
                return
            ends = monotonic() + 60
            while monotonic() < ends and not service.stopping.wait(DRIP_EVERY_S):
                self.wfile.write(b"X")

        def _reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # Who asked has left, as a client may.

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: a test's output is its own."""

    return Handler
