"""A tiny model server over HTTP that behaves, or misbehaves, as a test tells it to.

    with serve("drip") as server:
        OpenAICompatible(base_url=server.base_url, ...)
        server.mode = "ok"
        server.requests[-1]["messages"]

Modes: ok, slow (silent for `slow_s`, then ok), drip (bytes that never end), drip_headers, garbage
(JSON or events that are no completion), html, cut (ends before the answer does), hangup (breaks
off after the first event), error500, noimages500, reject400, reject401, busy429, close (hangs up
unanswered).
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any, Protocol

import pytest

from workers.backends.completion import ModelRequest
from workers.backends.scripted import TOKEN, default_reply

DRIP_EVERY_S = 0.05
HTML = b"<html><body>Welcome to the login page</body></html>"
REFUSALS = {
    "error500": (500, "the model crashed"),
    "noimages500": (500, "image input is not supported"),
    "reject400": (400, "the prompt is longer than the context"),
    "reject401": (401, "invalid key"),
    "busy429": (429, "slow down"),
}


class Form(Protocol):
    """One vendor's way of writing answers down."""

    @property
    def path(self) -> str: ...

    @property
    def prefix(self) -> str:
        """What clients expect at the end of the base URL."""

    def whole(self, server: "ScriptedServer", body: dict[str, Any]) -> dict[str, Any]: ...

    def events(self, server: "ScriptedServer", body: dict[str, Any]) -> Iterator[str]: ...


@dataclass
class Span:
    """When a request was in work, in seconds of the same clock."""

    body: dict[str, Any]
    started: float
    ended: float | None = None


@dataclass
class ScriptedServer:
    """What the server does, settable at any time, and what it was asked.

    `text` is the answer or a function of the request's body; None means the smallest instance of
    the requested schema, else the last user message. `delay_s` passes before each streamed token.
    """

    form: Form
    mode: str = "ok"
    text: str | Callable[[dict[str, Any]], str] | None = None
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    with_usage: bool = True
    delay_s: float = 0.0
    slow_s: float = 30.0
    base_url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def tokens(self, body: dict[str, Any]) -> list[str]:
        """The answer's text in the pieces it is streamed in."""
        if callable(self.text):
            return TOKEN.findall(self.text(body))
        return TOKEN.findall(_default_text(body) if self.text is None else self.text)


def _default_text(body: dict[str, Any]) -> str:
    wanted = body.get("response_format", {})
    schema = wanted.get("json_schema", {}).get("schema")
    as_json = wanted.get("type") == "json_object"
    return default_reply(ModelRequest(tuple(body["messages"]), 1, schema, json_object=as_json))


@dataclass(frozen=True)
class ChatCompletions:
    """OpenAI's form."""

    path: str = "/v1/chat/completions"
    prefix: str = "/v1"

    def whole(self, server: ScriptedServer, body: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(server.tokens(body))}
        if server.tool_calls:
            message = {"role": "assistant", "content": None, "tool_calls": server.tool_calls}
        choice = {"index": 0, "message": message, "finish_reason": _finish_reason(server)}
        return {**_envelope(body), "choices": [choice], **_usage(server, body)}

    def events(self, server: ScriptedServer, body: dict[str, Any]) -> Iterator[str]:
        pieces: list[dict[str, Any]] = [{"content": token} for token in server.tokens(body)]
        if server.tool_calls:
            pieces = list(_tool_call_pieces(server.tool_calls))
        for piece in pieces:
            yield self._chunk(body, [{"index": 0, "delta": piece, "finish_reason": None}])
        last = {"index": 0, "delta": {}, "finish_reason": _finish_reason(server)}
        yield self._chunk(body, [last])
        if server.with_usage and body.get("stream_options", {}).get("include_usage"):
            yield self._chunk(body, [], **_usage(server, body))
        yield "data: [DONE]\n\n"

    def _chunk(self, body: dict[str, Any], choices: list[Any], **more: Any) -> str:
        chunk = {**_envelope(body), "object": "chat.completion.chunk", "choices": choices, **more}
        return f"data: {json.dumps(chunk)}\n\n"


def _envelope(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "c-1", "object": "chat.completion", "created": 1, "model": body["model"]}


def _finish_reason(server: ScriptedServer) -> str:
    return "tool_calls" if server.tool_calls else "stop"


def _usage(server: ScriptedServer, body: dict[str, Any]) -> dict[str, Any]:
    counts = {"prompt_tokens": len(body["messages"]), "completion_tokens": len(server.tokens(body))}
    return {"usage": counts} if server.with_usage else {}


def _tool_call_pieces(calls: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each call in three pieces: its name, then each half of its arguments."""
    for index, call in enumerate(calls):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        half = len(arguments) // 2
        opening = {**call, "index": index, "function": {"name": name, "arguments": ""}}
        yield {"tool_calls": [opening]}
        for part in (arguments[:half], arguments[half:]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


class Handler(BaseHTTPRequestHandler):
    """Reads a request, then does what the mode says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    scripted: ScriptedServer

    def do_GET(self) -> None:
        """It lists no models, like some servers."""
        self._send(404, b'{"error": {"message": "no such path"}}')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        span = Span(body, monotonic())
        self.scripted.spans.append(span)
        self.scripted.requests.append(body)
        self.scripted.headers.append({name.lower(): text for name, text in self.headers.items()})
        try:
            self._behave(body)
        finally:
            span.ended = monotonic()

    def _behave(self, body: dict[str, Any]) -> None:
        mode = self.scripted.mode
        if self.path != self.scripted.form.path:
            self._send(404, b'{"error": {"message": "no such path"}}')
        elif mode in REFUSALS:
            status, message = REFUSALS[mode]
            self._send(status, json.dumps({"error": {"message": message}}).encode())
        elif mode == "html":
            self._send(200, HTML, "text/html")
        elif mode == "close":
            self.close_connection = True
        elif mode == "drip_headers":
            self._drip_headers()
        elif body.get("stream"):
            self._stream(mode, body)
        else:
            self._answer(mode, body)

    def _answer(self, mode: str, body: dict[str, Any]) -> None:
        if mode == "drip":
            self._drip("application/json", b" ")
        elif mode == "garbage":
            self._send(200, b'{"choices": null}')
        else:
            self._wait_if_slow(mode)
            whole = json.dumps(self.scripted.form.whole(self.scripted, body)).encode()
            self._send(200, whole[: len(whole) // 2] if mode == "cut" else whole)

    def _stream(self, mode: str, body: dict[str, Any]) -> None:
        if mode == "drip":
            return self._drip("text/event-stream", b": still here\n\n")
        self._wait_if_slow(mode)
        self._open("text/event-stream")
        if mode == "garbage":
            self._chunk(b"event: x\ndata: {not json\n\n")
        elif mode in ("cut", "hangup"):
            self._chunk(next(self.scripted.form.events(self.scripted, body)).encode())
        else:
            for event in self.scripted.form.events(self.scripted, body):
                self.scripted.stopping.wait(self.scripted.delay_s)
                self._chunk(event.encode())
        self._end(mode)

    def _end(self, mode: str) -> None:
        if mode == "hangup":
            self.close_connection = True
        else:
            self._chunk(b"")

    def _wait_if_slow(self, mode: str) -> None:
        if mode == "slow":
            self.scripted.stopping.wait(self.scripted.slow_s)

    def _drip(self, content_type: str, drop: bytes) -> None:
        self._open(content_type)
        while not self.scripted.stopping.wait(DRIP_EVERY_S):
            self._chunk(drop)
        self.close_connection = True

    def _drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not self.scripted.stopping.wait(DRIP_EVERY_S):
            self.wfile.write(b"x")
        self.close_connection = True

    def _send(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _open(self, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        """Write one HTTP chunk; an empty one ends the body."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep tests' output quiet."""


class QuietServer(ThreadingHTTPServer):
    """Serves each request in a thread; a client that hangs up is no error."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients of a misbehaving server hang up; the test looks at their side."""


@contextmanager
def serve(
    mode: str = "ok", *, form: Form | None = None, **behaviour: Any
) -> Iterator[ScriptedServer]:
    """Run a server on a free loopback port. `behaviour` sets fields of `ScriptedServer`."""
    scripted = ScriptedServer(form=form or ChatCompletions(), mode=mode, **behaviour)
    handler = type("BoundHandler", (Handler,), {"scripted": scripted})
    with QuietServer(("127.0.0.1", 0), handler) as http:
        scripted.base_url = f"http://127.0.0.1:{http.server_port}{scripted.form.prefix}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield scripted
        finally:
            scripted.stopping.set()
            http.shutdown()
            thread.join()


@pytest.fixture
def scripted_server() -> Iterator[ScriptedServer]:
    """A well-behaved server; set `mode` to change that."""
    with serve() as server:
        yield server
