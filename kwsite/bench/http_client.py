"""A client that costs little: it shares the machine with what is measured."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from kwsite.bench.stack import Address

TIMEOUT_S = 120.0


class UnexpectedReply(Exception):
    """The service did not answer with 200."""


@dataclass(frozen=True)
class Answered:
    """One answered request: what the client waited, and what the service says of it."""

    run_id: str
    latency_ms: float
    server_timing: str
    content: bytes

    def told(self) -> dict[str, Any]:
        """How the answer was made."""
        found: dict[str, Any] = json.loads(self.content)["kernelweave"]
        return found


class BenchClient:
    """One kept connection. Not to be shared between threads."""

    def __init__(self, address: Address) -> None:
        self._connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)
        self._headers = {
            "Authorization": f"Bearer {address.api_key}",
            "Content-Type": "application/json",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def ask(self, prompt: str, **fields: Any) -> Answered:
        """Sends one chat and reads its answer. Raises UnexpectedReply."""
        messages = [{"role": "user", "content": prompt}]
        body = json.dumps({"model": "kernelweave", "messages": messages, **fields}).encode()
        began = perf_counter()
        headers, content = self._call("POST", "/v1/chat/completions", body)
        latency_ms = (perf_counter() - began) * 1e3
        timing = headers.get("Server-Timing", "")
        return Answered(headers["x-request-id"], latency_ms, timing, content)

    def run(self, run_id: str) -> dict[str, Any]:
        """The report on a run. Raises UnexpectedReply."""
        _, content = self._call("GET", f"/api/runs/{run_id}", None)
        report: dict[str, Any] = json.loads(content)
        return report

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[Any, bytes]:
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise UnexpectedReply(f"{response.status}: {content.decode(errors='replace')[:500]}")
        return response.headers, content
