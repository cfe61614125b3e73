"""What came in a time and how it was answered, read from the rollups alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from trajectories.latency_buckets import BUCKETS, quantile
from trajectories.models import Rollup
from trajectories.rollup_counting import SUMS
from trajectories.rollups import DAY, HOUR, day_of, hour_of
from trajectories.savings import Saving, saved_by

Route = Rollup.Route
REUSING = (Route.KERNEL, Route.REUSE)
_HISTOGRAMS = f"""
    SELECT route, bucket - 1, sum(counted)
    FROM {Rollup._meta.db_table}, unnest(latencies) WITH ORDINALITY AS one (counted, bucket)
    WHERE span = %(span)s AND at >= %(begin)s AND at < %(end)s AND counted > 0
        AND (%(client)s::bigint IS NULL OR client_id = %(client)s)
    GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Slots:
    """The hours or days (UTC) that are looked at; the last one is not over."""

    span: Rollup.Span
    times: tuple[datetime, ...]

    @property
    def begin(self) -> datetime:
        return self.times[0]

    @property
    def end(self) -> datetime:
        return self.times[-1] + _LENGTH[self.span]


@dataclass(frozen=True)
class RouteFigures:
    """Of one route, or of several together. Latencies in ms, as good as their buckets are fine."""

    requests: int = 0
    retracted: int = 0
    right: int = 0
    wrong: int = 0
    unchecked: int = 0
    denied: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None

    @property
    def judged(self) -> int:
        return self.right + self.wrong

    @property
    def right_share(self) -> float | None:
        return self.right / self.judged if self.judged else None


@dataclass(frozen=True)
class Traffic:
    slots: Slots
    routes: Mapping[str, RouteFigures]  # those that were taken, in the order of `Route`
    requests: Mapping[str, Sequence[int]]  # by route, a number for each slot
    saving: Saving

    @property
    def answered(self) -> RouteFigures:
        """All routes but agents' own work, which nobody asked this service for."""
        return _together([one for route, one in self.routes.items() if route != Route.AGENT])

    @property
    def reusing(self) -> RouteFigures:
        """Kernels' answers, and those that were given again."""
        return _together([self.routes[route] for route in REUSING if route in self.routes])


def slots_of(*, days: int, now: datetime) -> Slots:
    """One day is the last 24 hours; more are as many whole days, today among them."""
    span = Rollup.Span.HOUR if days == 1 else Rollup.Span.DAY
    last, number = (hour_of(now), 24) if days == 1 else (day_of(now), days)
    return Slots(span, tuple(last - back * _LENGTH[span] for back in reversed(range(number))))


def traffic(slots: Slots, client_id: int | None) -> Traffic:
    """Of one client, or of all."""
    sums = _sums(slots, client_id)
    histograms = _histograms(slots, client_id)
    requests = {
        route: [sums.get((at, route), _NONE)["requests"] for at in slots.times] for route in Route
    }
    totals = {route.value: _total(sums, route) for route in Route}
    taken = [route for route in Route if totals[route]["requests"]]
    return Traffic(
        slots,
        {route.value: _figures(totals[route], histograms[route]) for route in taken},
        {route.value: requests[route] for route in taken},
        saved_by(totals),
    )


_LENGTH = {Rollup.Span.HOUR: HOUR, Rollup.Span.DAY: DAY}
_NONE = dict.fromkeys(SUMS, 0)


def _rows(slots: Slots, client_id: int | None) -> QuerySet[Rollup]:
    found = Rollup.objects.filter(span=slots.span, at__gte=slots.begin, at__lt=slots.end)
    return found if client_id is None else found.filter(client=client_id)


def _sums(slots: Slots, client_id: int | None) -> dict[tuple[datetime, str], dict[str, Any]]:
    summed = {f"{name}_sum": Sum(name) for name in SUMS}
    grouped: Iterable[Mapping[str, Any]] = (
        _rows(slots, client_id).order_by().values("at", "route").annotate(**summed)
    )
    return {
        (row["at"], row["route"]): {name: int(row[f"{name}_sum"]) for name in SUMS}
        for row in grouped
    }


def _total(sums: Mapping[tuple[datetime, str], Mapping[str, int]], route: str) -> dict[str, int]:
    own = [row for (_, of), row in sums.items() if of == route]
    return {name: sum(row[name] for row in own) for name in SUMS}


def _histograms(slots: Slots, client_id: int | None) -> dict[str, list[int]]:
    found = {route.value: [0] * BUCKETS for route in Route}
    wanted: dict[str, str | datetime | int | None] = {
        "span": slots.span.value,
        "begin": slots.begin,
        "end": slots.end,
        "client": client_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HISTOGRAMS, wanted)
        for route, bucket, counted in cursor.fetchall():
            found[route][bucket] = int(counted)
    return found


def _figures(total: Mapping[str, int], histogram: Sequence[int]) -> RouteFigures:
    counted = {name: total[name] for name in SUMS if not name.startswith("plain_")}
    return RouteFigures(
        **counted, p50_ms=quantile(histogram, 0.5), p95_ms=quantile(histogram, 0.95)
    )


def _together(figures: Sequence[RouteFigures]) -> RouteFigures:
    """Without latencies: quantiles do not add up."""
    names = [name for name in SUMS if not name.startswith("plain_")]
    return RouteFigures(**{name: sum(getattr(one, name) for one in figures) for name in names})
