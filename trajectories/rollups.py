"""Keeps the rollups: hours that changed are counted again, and history from before them once.

An hour is never added to but counted anew as a whole, so that doing it twice does no harm. Which
hours are due the database itself writes down (`StaleHour`), in the transaction of the change: a
late commit, a verdict, a retraction or a deletion is seen exactly when it counts. The functions
rely on READ COMMITTED, where the count sees at least what the marks that were taken tell of, and
on one writer at a time.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from trajectories.models import Rollup, RollupProgress, StaleHour, Trajectory
from trajectories.rollup_counting import added_up, counted_hours

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROGRESS = 1  # the key of its row


def hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> datetime:
    return hour_of(at).replace(hour=0)


@transaction.atomic
def count_stale_hours(*, most: int) -> int:
    """Counts at most so many hours of clients that changed, the newest first; how many it were."""
    marked = StaleHour.objects.order_by("-hour", "client_id").values_list("hour", "client_id")
    due: dict[datetime, set[int]] = {}
    for hour, client in marked.distinct()[:most]:
        due.setdefault(hour, set()).add(client)
    for hours in _in_a_row(due):
        clients = set().union(*(due[hour] for hour in hours))
        begin, end = hours[0], hours[-1] + HOUR
        StaleHour.objects.filter(hour__gte=begin, hour__lt=end, client_id__in=clients).delete()
        _count(begin, end, clients)
        _add_up(day_of(begin), clients)
    return sum(map(len, due.values()))


def _in_a_row(hours: Iterable[datetime]) -> list[list[datetime]]:
    """Hours that follow one another within a day, together: they are counted in one go."""
    rows: list[list[datetime]] = []
    for hour in sorted(hours):
        if rows and rows[-1][-1] + HOUR == hour and day_of(hour) != hour:
            rows[-1].append(hour)
        else:
            rows.append([hour])
    return rows


@transaction.atomic
def count_history() -> bool:
    """Counts one more day of what was there before the rollups, backwards; whether there was one.

    Days without any trajectory are passed over.
    """
    progress, _ = RollupProgress.objects.get_or_create(
        pk=PROGRESS, defaults={"counted_from": _beyond_the_newest()}
    )
    if progress.counted_from is None:
        return False
    older = Trajectory.objects.filter(created_at__lt=progress.counted_from)
    newest = older.order_by("-created_at").values_list("created_at", flat=True).first()
    if newest is not None:
        day = day_of(newest)
        _count(day, min(day + DAY, progress.counted_from), None)
        _add_up(day, None)
    progress.counted_from = None if newest is None else day
    progress.save(update_fields=["counted_from"])
    return newest is not None


def note_kept() -> None:
    """Writes down that somebody has counted until now."""
    RollupProgress.objects.filter(pk=PROGRESS).update(kept_at=timezone.now())


def _beyond_the_newest() -> datetime:
    """The end of the newest trajectory's day, from which history is counted backwards."""
    newest = Trajectory.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    return day_of(newest or timezone.now()) + DAY


def _count(begin: datetime, end: datetime, clients: Collection[int] | None) -> None:
    counted = counted_hours(begin=begin, end=end, clients=clients)
    old = Rollup.objects.filter(span=Rollup.Span.HOUR, at__gte=begin, at__lt=end)
    (old if clients is None else old.filter(client__in=clients)).delete()
    Rollup.objects.bulk_create(counted, batch_size=500)


def _add_up(day: datetime, clients: Collection[int] | None) -> None:
    rows = Rollup.objects.filter(at__gte=day, at__lt=day + DAY)
    if clients is not None:
        rows = rows.filter(client__in=clients)
    summed = added_up(day, rows.filter(span=Rollup.Span.HOUR))
    rows.filter(span=Rollup.Span.DAY).delete()
    Rollup.objects.bulk_create(summed, batch_size=500)
