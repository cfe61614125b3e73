"""How tests talk to a running stack: its API, its admin site, its rows."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import psycopg

from tests.stack_fixtures import StackProcess

WAIT_S = 90.0
T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: httpx2.Headers
    body: dict[str, Any]

    @property
    def run_id(self) -> str:
        return str(self.headers["x-request-id"])

    @property
    def extras(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["kernelweave"]
        return found

    @property
    def content(self) -> str:
        return str(self.body["choices"][0]["message"]["content"])

    @property
    def tokens(self) -> int:
        return int(self.body["usage"]["total_tokens"])


class Service:
    """The API of a stack, with its key."""

    def __init__(self, stack: StackProcess) -> None:
        self._site = stack.base_url.removesuffix("/v1")
        self._database = stack.env["DATABASE_URL"]
        self.http = httpx2.Client(
            base_url=self._site,
            headers={"Authorization": f"Bearer {stack.api_key}"},
            timeout=WAIT_S,
        )

    def close(self) -> None:
        self.http.close()

    def ask(self, prompt: str, system: str = "", **fields: Any) -> Reply:
        told = [{"role": "system", "content": system}] if system else []
        body = {
            "model": "kernelweave",
            "messages": [*told, {"role": "user", "content": prompt}],
            "max_tokens": 60,
            **fields,
        }
        response = self.http.post("/v1/chat/completions", json=body)
        return Reply(response.status_code, response.headers, response.json())

    def judge(self, reply: Reply, verdict: str) -> None:
        body = {"run_id": reply.run_id, "verdict": verdict}
        self.http.post("/api/feedback", json=body).raise_for_status()

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/api/runs/{run_id}").raise_for_status().json()
        return found

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database) as connection:
            return connection.execute(query, values).fetchall()


class Operator:
    """A person who is signed in to the admin site."""

    def __init__(self, stack: StackProcess, model: str = "kernelversion") -> None:
        self._queue = f"{stack.admin_url}kernels/{model}/"
        self._http = httpx2.Client(follow_redirects=True, timeout=WAIT_S)
        login = f"{stack.admin_url}login/"
        self._http.get(login)
        page = self._post(
            login, username=stack.admin_user, password=stack.admin_password, next="/admin/"
        )
        assert "sessionid" in self._http.cookies, page

    def close(self) -> None:
        self._http.close()

    def decide(self, action: str, row_id: str, **fields: str) -> str:
        """Runs an action of the changelist on one row; returns the page that follows."""
        return self._post(self._queue, action=action, _selected_action=row_id, **fields)

    def _post(self, url: str, **fields: str) -> str:
        token = self._http.cookies["csrftoken"]
        reply = self._http.post(
            url, data={"csrfmiddlewaretoken": token, **fields}, headers={"Referer": url}
        )
        reply.raise_for_status()
        return re.sub(r"\s+", " ", reply.text)


def wait_for(look: Callable[[], T | None], what: str, within_s: float = WAIT_S) -> T:
    """What `look` finds, as soon as it finds it."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {within_s:.0f} s")
