"""How fast Home comes, over months of stored answers, for each time and with and without client."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kwsite.bench.figures import percentile
from kwsite.bench.home.browsing import SignedIn
from kwsite.bench.home.parts import served
from kwsite.bench.http_client import UnexpectedReply

WINDOWS = (1, 7, 30, 90)  # days, as the page offers them
WARM_UP = 3


@dataclass(frozen=True)
class PageResult:
    """Milliseconds until the whole page was there."""

    days: int
    one_client: bool
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class HomeFigures:
    """`counted_s`: that counting all of the rollups took; `load`: of the machine, meanwhile.

    `marked_ms`, `unmarked_ms`: that storing one answer takes with the rollups' marks and without.
    """

    rows: int
    filled_s: float
    counted_s: float
    marked_ms: float
    unmarked_ms: float
    load: float
    pages: tuple[PageResult, ...]


def measure_home(*, rows: int, looks: int, told: Callable[[str], Any]) -> HomeFigures:
    """`told` hears what is done next. Raises StackFailure, UnexpectedReply."""
    with served(rows, told) as (base_url, filled):
        told("Looking at the page.")
        browser = SignedIn(base_url, user=filled.user, password=filled.password)
        found = tuple(
            _result(browser, days, client, looks)
            for days in WINDOWS
            for client in ("", str(filled.client))
        )
        return HomeFigures(
            rows=rows,
            filled_s=filled.filled_s,
            counted_s=filled.counted_s,
            marked_ms=filled.marked_ms,
            unmarked_ms=filled.unmarked_ms,
            load=os.getloadavg()[0],
            pages=found,
        )


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
