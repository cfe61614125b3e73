"""Months of events: a partition of its own each, made ahead, and dropped when it is old."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError, connection, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable

TABLE = "trajectories_event"
AHEAD = 6  # months
LOCK_MS = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Month:
    """A month of UTC, and the partition that holds its events."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @property
    def begins(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def table(self) -> str:
        return f"{TABLE}_y{self.year:04}m{self.month:02}"


def make_partitions(*, oldest: date, today: date | None = None) -> list[str]:
    """Those from `oldest` to `AHEAD` months from today that are missing; returns their names."""
    today = today or datetime.now(UTC).date()
    there = {month.table for month in partitions()}
    month, made = Month.of(oldest), []
    last = Month.of(today)
    for _ in range(AHEAD):
        last = last.next
    while month <= last:
        if month.table not in there and _changed(_creation(month)):
            made.append(month.table)
        month = month.next
    return made


def drop_partitions(*, before: datetime) -> list[str]:
    """Drops the months that ended before that moment, with their events; returns their names."""
    dropped = []
    for month in partitions():
        statement = sql.SQL("DROP TABLE {}").format(sql.Identifier(month.table))
        if month.next.begins <= before.astimezone(UTC).date() and _changed(statement):
            dropped.append(month.table)
    return dropped


def _changed(statement: sql.Composed) -> bool:
    """Whether it was done: it waits for nobody long, since every tap would wait behind it.

    What could not be done, because a reader holds the table, is done the next night.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_MS}ms'")
            cursor.execute(statement)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        log.warning("events are being read: %s waits", statement.as_string())
        return False
    return True


def partitions() -> list[Month]:
    """What there is, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::text FROM pg_partition_tree(%s) WHERE level = 1 AND isleaf", [TABLE]
        )
        names = [name for (name,) in cursor.fetchall()]
    ends = (name.removeprefix(f"{TABLE}_y").split("m") for name in names)
    return sorted(Month(int(year), int(month)) for year, month in ends)


def keep_partitions(
    *, retention: timedelta, latest_arrival: timedelta
) -> tuple[list[str], list[str]]:
    """What is made so that events find a place, and what is dropped because it is old."""
    now = datetime.now(UTC)
    made = make_partitions(oldest=(now - min(latest_arrival, retention)).date(), today=now.date())
    return made, drop_partitions(before=now - retention)


def _creation(month: Month) -> sql.Composed:
    """In `CREATE TABLE`, bounds can be no parameters."""
    return sql.SQL(
        "CREATE TABLE IF NOT EXISTS {table} PARTITION OF {parent} "
        "FOR VALUES FROM ({begin}) TO ({end})"
    ).format(
        table=sql.Identifier(month.table),
        parent=sql.Identifier(TABLE),
        begin=sql.Literal(f"{month.begins.isoformat()} 00:00:00+00"),
        end=sql.Literal(f"{month.next.begins.isoformat()} 00:00:00+00"),
    )
