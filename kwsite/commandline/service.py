"""Talks to the running service over HTTP, for the commands of `manage.py`."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from django.core.management.base import CommandError
from openai import APIConnectionError, APIStatusError, OpenAI

from kwsite.env import Environment, home

TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Service:
    """Where the service is (URL ending in `/v1`) and the key to sign in with."""

    base_url: str
    api_key: str

    @property
    def openai(self) -> OpenAI:
        return OpenAI(
            base_url=self.base_url, api_key=self.api_key, timeout=TIMEOUT_S, max_retries=0
        )

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Posts JSON to `/api/...`; raises CommandError with the service's own message."""
        url = self.base_url.removesuffix("/v1") + path
        headers = {"Authorization": f"Bearer {self.api_key}"}
        try:
            reply = httpx2.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
        except httpx2.HTTPError as error:
            raise CommandError(_not_running(self.base_url)) from error
        content: dict[str, Any] = reply.json()
        if reply.is_error:
            raise CommandError(f"{reply.status_code}: {content['error']['message']}")
        return content


def add_service_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--base-url", help="the service's URL, ending in /v1")
    parser.add_argument("--api-key", help="the key to sign in with")
    parser.add_argument("--json", action="store_true", help="print what the service answered")


def service_of(options: dict[str, Any]) -> Service:
    """The service that flags, environment or the embedded stack name, in this order."""
    environment, file = Environment(), home() / "connection.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    base_url = options["base_url"] or environment.text("KW_BASE_URL") or kept.get("base_url", "")
    api_key = options["api_key"] or environment.text("KW_API_KEY") or kept.get("api_key", "")
    if not base_url or not api_key:
        raise CommandError(
            "No service is known here: start one with `make run`, or give --base-url and --api-key."
        )
    return Service(base_url.rstrip("/"), api_key)


@contextmanager
def clear_errors(service: Service) -> Iterator[None]:
    """Turns the OpenAI client's failures into one line."""
    try:
        yield
    except APIStatusError as error:
        raise CommandError(f"{error.status_code}: {error.message}") from error
    except APIConnectionError as error:
        raise CommandError(_not_running(service.base_url)) from error


def _not_running(base_url: str) -> str:
    return f"Nothing answers at {base_url}: start the service with `make run`."
