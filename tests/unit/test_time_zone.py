"""Times are shown in the zone that the browser names, if there is such a zone."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from django.utils.formats import localize

from kwsite.time_zone import COOKIE, time_zone_middleware, zone_of
from trajectories.markup import moment

NOON = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)


def request(zone: str) -> HttpRequest:
    asked = RequestFactory().get("/admin/")
    asked.COOKIES[COOKIE] = zone
    return asked


def test_a_known_zone_is_believed() -> None:
    assert zone_of(request("Asia/Tokyo")) == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    "said", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x" * 9]
)
def test_no_other_is(said: str) -> None:
    assert zone_of(request(said)) is None


def test_a_page_is_made_in_that_zone_and_the_next_one_in_utc() -> None:
    def page(asked: HttpRequest) -> HttpResponse:
        return HttpResponse(moment(NOON))

    shown: Any = time_zone_middleware(page)
    assert shown(request("Asia/Tokyo")).content == b"2026-07-01 21:00 JST"
    assert shown(request("Mars/Olympus")).content == b"2026-07-01 12:00 UTC"
    assert timezone.get_current_timezone_name() == "UTC"


def test_so_is_one_of_an_event_loop() -> None:
    async def page(asked: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        return HttpResponse(moment(NOON))

    async def both() -> tuple[Any, Any]:
        shown: Any = time_zone_middleware(page)
        first, second = shown(request("Asia/Tokyo")), shown(request("Europe/Berlin"))
        return await asyncio.gather(first, second)

    tokyo, berlin = asyncio.run(both())
    assert tokyo.content == b"2026-07-01 21:00 JST"
    assert berlin.content == b"2026-07-01 14:00 CEST"


def test_seconds_are_shown_where_they_matter() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert moment(NOON, seconds=True) == "2026-07-01 21:00:30 JST"


def test_columns_of_times_carry_the_zone_too() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert localize(timezone.localtime(NOON)) == "2026-07-01 21:00 JST"
    assert localize(timezone.localtime(NOON)) == "2026-07-01 12:00 UTC"
