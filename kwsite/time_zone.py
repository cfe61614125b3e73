"""Pages show times in the zone of who looks: its browser names it in a cookie."""

from collections.abc import Awaitable, Callable
from functools import cache
from inspect import iscoroutinefunction
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

COOKIE = "kw_time_zone"  # `static/kwsite/zone.js` writes it


@sync_and_async_middleware
def time_zone_middleware(
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    """UTC where the browser names no zone, or none that is known here."""
    if iscoroutinefunction(get_response):

        async def in_zone_async(request: HttpRequest) -> HttpResponse:
            with timezone.override(zone_of(request)):
                response: HttpResponse = await get_response(request)
                return response

        return in_zone_async

    def in_zone(request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        with timezone.override(zone_of(request)):
            return get_response(request)

    return in_zone


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    named = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(named) if named in _known() else None


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
