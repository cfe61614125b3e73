"""How fast Home comes, over months of stored answers, for each time and with and without client."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kwsite.bench.figures import percentile
from kwsite.bench.home.browsing import SignedIn
from kwsite.bench.home.filling import fill, hours_to_count
from kwsite.bench.http_client import UnexpectedReply
from kwsite.bench.stack import Address

SETTINGS = {"KW_LLM_PROVIDER": "scripted"}
WINDOWS = (1, 7, 30, 90)  # days, as the page offers them
WARM_UP = 3
POLL_S = 1.0


@dataclass(frozen=True)
class PageResult:
    """Milliseconds until the whole page was there."""

    days: int
    one_client: bool
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class HomeFigures:
    """`counted_s`: after the last row was stored, until all rollups were counted."""

    rows: int
    counted_s: float
    load: float
    pages: tuple[PageResult, ...]


def measure_home(
    address: Address, *, rows: int, looks: int, advance: Callable[[int], Any]
) -> HomeFigures:
    """`advance` is told of each stored row. Raises UnexpectedReply."""
    told = json.loads((address.home / "stack.json").read_text())
    known = json.loads((address.home / "connection.json").read_text())
    client = fill(told["DATABASE_URL"], rows, advance)
    counted_s = _wait_until_counted(told["DATABASE_URL"])
    browser = SignedIn(
        f"http://{address.host}:{address.port}",
        user=known["admin_user"],
        password=known["admin_password"],
    )
    found = []
    for days in WINDOWS:
        for of in ("", str(client)):
            found.append(_result(browser, days, of, looks))
    return HomeFigures(rows, counted_s, os.getloadavg()[0], tuple(found))


def _wait_until_counted(database_url: str) -> float:
    began = time.monotonic()
    while hours_to_count(database_url):
        time.sleep(POLL_S)
    return time.monotonic() - began


def _result(browser: SignedIn, days: int, client: str, looks: int) -> PageResult:
    query = {"days": str(days), "client": client}
    took = []
    for _ in range(WARM_UP + looks):
        page, took_ms = browser.look("/admin/", query)
        if "Requests answered" not in page or "Latency by route" not in page:
            raise UnexpectedReply("Home shows no figures.")
        took.append(took_ms)
    measured = took[WARM_UP:]
    return PageResult(days, bool(client), percentile(measured, 50), percentile(measured, 95))
