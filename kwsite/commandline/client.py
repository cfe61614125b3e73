"""The service's API for commands: JSON in, JSON out, failures as one line."""

import json
from collections.abc import Iterator
from typing import Any, Self

import httpx2

from kwsite.commandline.connection import Connection
from kwsite.commandline.failure import NotRunning, Refused, ServiceFailure

CONNECT_S = 5.0
ANSWER_S = 180.0
DATA = "data: "


class ServiceClient:
    """One kept-alive connection. Methods raise ServiceFailure."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._http = httpx2.Client(
            base_url=connection.site_url,
            headers={"Authorization": f"Bearer {connection.api_key}"} if connection.api_key else {},
            timeout=httpx2.Timeout(ANSWER_S, connect=CONNECT_S),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        """The whole completion, our `kernelweave` field included."""
        return self._post("/v1/chat/completions", body)

    def stream_chat(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The completion's chunks as they come."""
        asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
        try:
            with self._http.stream("POST", "/v1/chat/completions", json=asked) as response:
                if response.is_error:
                    response.read()
                    raise Refused(_said(response))
                yield from _chunks(response.iter_lines())
        except httpx2.TransportError as error:
            raise self._unreachable(error) from error

    def plan(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._post("/api/plan", body)

    def feedback(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._post("/api/feedback", body)

    def lineage(self, run_id: str) -> dict[str, Any]:
        """What shaped an answer, and what it shaped."""
        return self._reply("GET", f"/api/runs/{run_id}/lineage")

    def retract(self, run_id: str, reason: str) -> dict[str, Any]:
        return self._post(f"/api/runs/{run_id}/retract", {"reason": reason})

    def tree(self, run_id: str) -> dict[str, Any]:
        """What a search tried."""
        return self._reply("GET", f"/api/runs/{run_id}/tree")

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._reply("POST", path, json=body)

    def _reply(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **sent)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from error
        if response.is_error:
            raise Refused(_said(response))
        try:
            reply: dict[str, Any] = response.json()
        except ValueError as error:
            raise Refused(f"{self.connection.base_url} is no KernelWeave: {error}") from error
        return reply

    def _unreachable(self, error: Exception) -> ServiceFailure:
        if isinstance(error, httpx2.ReadTimeout | httpx2.RemoteProtocolError | httpx2.ReadError):
            return ServiceFailure(f"The service stopped answering ({error}); its log says why.")
        return NotRunning(
            f"Nothing answers at {self.connection.base_url}. The service is not running: "
            "start it with `make run`."
        )


def _said(response: httpx2.Response) -> str:
    try:
        message = response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = " ".join(response.text.split())[:200]
    return f"The service answered {response.status_code}: {message}"


def _chunks(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if not line.startswith(DATA) or line == f"{DATA}[DONE]":
            continue
        chunk: dict[str, Any] = json.loads(line.removeprefix(DATA))
        if "error" in chunk:
            raise Refused(f"The answer broke off: {chunk['error']['message']}")
        yield chunk
