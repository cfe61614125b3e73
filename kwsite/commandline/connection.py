"""Where the service is and the key for it: flags, then the environment, then `make run`'s file."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from kwsite.commandline.failure import (
    MalformedAddress,
    NotRunning,
    ServiceFailure,
    UnusableKey,
)
from kwsite.env import home
from kwsite.stack.failure import StackFailure
from kwsite.stack.private_file import read_json


@dataclass(frozen=True)
class Connection:
    base_url: str  # ends in /v1
    api_key: str
    admin_url: str = ""
    admin_user: str = ""

    @property
    def site_url(self) -> str:
        return self.base_url.removesuffix("/v1")


def add_connection_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", default="", help="address of the API, ending in /v1")
    parser.add_argument("--api-key", default="", help="key of the client to ask as")


def find_connection(options: Mapping[str, Any]) -> Connection:
    """Raises NotRunning when nothing says where the service is, or another ServiceFailure."""
    try:
        kept = read_json(home() / "connection.json")
    except StackFailure as error:
        raise ServiceFailure(str(error)) from error
    base_url = options["base_url"] or os.environ.get("KW_BASE_URL") or kept.get("base_url", "")
    if not base_url:
        raise NotRunning()
    _require_address(base_url)
    # The key in the file is for that service; nobody else gets to see it.
    kept_key = kept.get("api_key", "") if base_url == kept.get("base_url") else ""
    api_key = (options["api_key"] or os.environ.get("KW_API_KEY") or kept_key).strip()
    if not (api_key.isascii() and api_key.isprintable()):
        raise UnusableKey()
    return Connection(
        base_url=base_url.rstrip("/"),
        api_key=api_key,
        admin_url=kept.get("admin_url", ""),
        admin_user=kept.get("admin_user", ""),
    )


def _require_address(base_url: str) -> None:
    try:
        address = httpx2.URL(base_url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise MalformedAddress(base_url) from error
    port_is_one = address.port is None or 0 < address.port < 65_536
    spaced = any(character.isspace() for character in base_url)
    if address.scheme not in ("http", "https") or not address.host or not port_is_one or spaced:
        raise MalformedAddress(base_url)
