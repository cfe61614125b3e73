"""The charts of Home: requests over time by route, and how long each route takes."""

from collections.abc import Mapping

from django.utils import timezone
from django.utils.safestring import SafeString

from kwsite.dashboard.home_cards import percent, trajectories_url
from kwsite.dashboard.period import Period
from trajectories.charts import Colour, Series, chart
from trajectories.markup import link, table
from trajectories.models import Rollup
from trajectories.traffic import RouteFigures, Slots, Traffic

Route = Rollup.Route
NAMES: Mapping[str, str] = {
    Route.KERNEL: "kernel",
    Route.REUSE: "stored answer",
    Route.SEARCH: "search",
    Route.GENERATION: "generation",
    Route.FALLBACK: "generation after a failed kernel",
    Route.AGENT: "agent",
}
COLOURS: Mapping[str, Colour] = {
    Route.KERNEL: "primary",
    Route.REUSE: "third",
    Route.SEARCH: "second",
    Route.GENERATION: "fourth",
    Route.FALLBACK: "danger",
    Route.AGENT: "muted",
}


def requests_chart(found: Traffic) -> SafeString:
    return chart(
        "bar",
        _labels(found.slots),
        [Series(NAMES[route], counts, COLOURS[route]) for route, counts in found.requests.items()],
        label=f"Requests by route, for each {found.slots.span}",
        stacked=True,
    )


def latency_chart(found: Traffic) -> SafeString:
    """Without agents: theirs is how long somebody worked."""
    routes = {route: one for route, one in found.routes.items() if route != Route.AGENT}
    return chart(
        "bar",
        [NAMES[route] for route in routes],
        [
            Series("half are faster than (p50)", [_ms(one.p50_ms) for one in routes.values()]),
            Series("95 of 100 are (p95)", [_ms(one.p95_ms) for one in routes.values()], "second"),
        ],
        label="Latency by route, in milliseconds",
        unit="ms",
    )


def routes_table(found: Traffic, period: Period) -> SafeString:
    rows = [_row(route, one, found.slots, period) for route, one in found.routes.items()]
    return table(["route", "requests", "verified", "wrong", "tokens", "p50", "p95"], rows)


def _row(route: str, one: RouteFigures, slots: Slots, period: Period) -> list[object]:
    recorded = Route.GENERATION if route == Route.FALLBACK else route
    url = trajectories_url(slots, period, route__exact=str(recorded))
    return [
        link(url, NAMES[route]),
        f"{one.requests:,}",
        percent(one.right_share),
        f"{one.wrong:,}",
        f"{one.tokens_in + one.tokens_out:,}",
        _shown(one.p50_ms),
        _shown(one.p95_ms),
    ]


def _shown(latency_ms: float | None) -> str:
    if latency_ms is None:
        return "—"
    return f"{latency_ms:,.3g} ms" if latency_ms < 1000 else f"{latency_ms / 1000:,.3g} s"


def _ms(latency_ms: float | None) -> float | None:
    return None if latency_ms is None else float(f"{latency_ms:.3g}")


def _labels(slots: Slots) -> list[str]:
    """Hours in the reader's own time; days are those of UTC."""
    if slots.span == Rollup.Span.DAY:
        return [f"{at.day} {at:%b}" for at in slots.times]
    return [f"{timezone.localtime(at):%H:%M}" for at in slots.times]
