"""A tiny vLLM server, as far as adapters go: lists, loads and unloads them by name.

    with serve_vllm() as server:
        server.base_url, server.loaded, server.asked

`refuses` answers each loading with that status and text; `without_loading` has no such paths.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY = "vllm-test-key"


@dataclass
class ScriptedVllm:
    base_url: str = ""
    model: str = "base"
    loaded: dict[str, str] = field(default_factory=dict)  # name: path
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: tuple[int, str] | None = None
    without_loading: bool = False
    down: bool = False

    def answer(self, what: str, body: dict[str, Any]) -> tuple[int, object]:
        self.asked.append((what, str(body.get("lora_name", ""))))
        if self.down:
            return 500, {"error": {"message": "the engine died"}}
        if what == "models":
            return 200, {"object": "list", "data": [{"id": n} for n in (self.model, *self.loaded)]}
        if self.without_loading:
            return 404, {"detail": "Not Found"}
        name = body["lora_name"]
        if what == "unload_lora_adapter":
            found = self.loaded.pop(name, None)
            return (200, "removed") if found else (404, {"error": {"message": "not loaded"}})
        return self._load(name, body["lora_path"])

    def _load(self, name: str, path: str) -> tuple[int, object]:
        if self.refuses is not None:
            return self.refuses[0], {"error": {"message": self.refuses[1]}}
        if name in self.loaded:
            return 400, {"error": {"message": f"{name} is loaded already"}}
        if not (Path(path) / "adapter_config.json").is_file():
            return 404, {"error": {"message": f"no adapter at {path}"}}
        self.loaded[name] = path
        return 200, "added"


@contextmanager
def serve_vllm() -> Iterator[ScriptedVllm]:
    state = ScriptedVllm()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: dict[str, Any]) -> None:
            status, reply = state.answer(self.path.removeprefix("/v1/"), body)
            if self.headers["Authorization"] != f"Bearer {KEY}":
                status, reply = 401, "no such key"
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
