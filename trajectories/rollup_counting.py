"""What trajectories add up to by hour, client and route: read in groups, folded into rows."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, F, FloatField, Func, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Floor, Greatest, Least, Length, TruncHour

from trajectories.last_word import last_word
from trajectories.latency_buckets import BUCKETS, LAST, PER_DECADE, added
from trajectories.models import Rollup, Trajectory
from trajectories.route_words import KERNEL_FAILED

SUMS = (
    "requests",
    "retracted",
    "right",
    "wrong",
    "unchecked",
    "denied",
    "tokens_in",
    "tokens_out",
    "plain_chars_in",
    "plain_chars_out",
    "plain_tokens_in",
    "plain_tokens_out",
)


class _Log10(Func):
    """Of a double: Django's own is of a numeric, and slow."""

    function = "LOG"
    output_field = FloatField()


_ROUTE = Case(
    When(
        route=Trajectory.Route.GENERATION,
        route_reason__contains=KERNEL_FAILED,
        then=Value(Rollup.Route.FALLBACK.value),
    ),
    default=F("route"),
)
_BUCKET = Case(
    When(duration_ms__lt=1, then=0),
    default=Least(LAST, 1 + Floor(PER_DECADE * _Log10(Greatest(F("duration_ms"), 1.0)))),
    output_field=IntegerField(),
)
_PLAIN = Q(plain=True)


def counted_hours(
    *, begin: datetime, end: datetime, clients: Collection[int] | None
) -> list[Rollup]:
    """Unsaved rows of the hours in [begin, end), of these clients or of all."""
    rows: dict[tuple[datetime, int, str], Rollup] = {}
    for group in _groups(begin, end, clients):
        key = (group["hour"], group["client_id"], group["by"])
        if key not in rows:
            rows[key] = _empty(Rollup.Span.HOUR, *key)
        _add(rows[key], group)
    return list(rows.values())


def added_up(day: datetime, hours: Iterable[Rollup]) -> list[Rollup]:
    """Unsaved rows of a day, from the rows of its hours."""
    by_key: dict[tuple[int, str], list[Rollup]] = {}
    for hour in hours:
        by_key.setdefault((hour.client_id, hour.route), []).append(hour)
    return [_sum(day, client, route, rows) for (client, route), rows in by_key.items()]


def _groups(
    begin: datetime, end: datetime, clients: Collection[int] | None
) -> Iterable[Mapping[str, Any]]:
    found = Trajectory.objects.filter(
        created_at__gte=begin, created_at__lt=end, closed_at__isnull=False
    )
    if clients is not None:
        found = found.filter(client__in=clients)
    return (
        found.annotate(
            hour=TruncHour("created_at", tzinfo=UTC),
            by=_ROUTE,
            bucket=_BUCKET,
            taken_back=Q(retracted_at__isnull=False),
            said=last_word("pk"),
        )
        .order_by()
        .values("hour", "client_id", "by", "bucket", "taken_back", "said", "verified", "plain")
        .annotate(
            requests=Count("pk"),
            tokens_in=Sum("prompt_tokens"),
            tokens_out=Sum("completion_tokens"),
            chars_in=Sum(Length("prompt") + Length("system"), filter=_PLAIN),
            chars_out=Sum(Length("output_text"), filter=_PLAIN),
        )
    )


def _add(row: Rollup, group: Mapping[str, Any]) -> None:
    requests = group["requests"]
    row.requests += requests
    row.tokens_in += group["tokens_in"]
    row.tokens_out += group["tokens_out"]
    row.latencies[group["bucket"]] += requests
    if group["taken_back"]:
        row.retracted += requests
        return
    good = group["verified"] if group["said"] is None else group["said"]
    row.right += requests * (good is True)
    row.wrong += requests * (good is False)
    row.unchecked += requests * (good is None)
    row.denied += requests * (group["said"] is False)
    if group["plain"]:
        row.plain_chars_in += group["chars_in"]
        row.plain_chars_out += group["chars_out"]
        row.plain_tokens_in += group["tokens_in"]
        row.plain_tokens_out += group["tokens_out"]


def _sum(day: datetime, client: int, route: str, hours: Collection[Rollup]) -> Rollup:
    row = _empty(Rollup.Span.DAY, day, client, route)
    for name in SUMS:
        setattr(row, name, sum(getattr(hour, name) for hour in hours))
    row.latencies = added(hour.latencies for hour in hours)
    return row


def _empty(span: Rollup.Span, at: datetime, client: int, route: str) -> Rollup:
    return Rollup(span=span, at=at, client_id=client, route=route, latencies=[0] * BUCKETS)
