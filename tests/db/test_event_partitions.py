"""Events are kept by months, which are made ahead and dropped when they are old."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError

from tests.db.test_api_runs import make_finished_run
from trajectories.models import Client, Event
from trajectories.partitions import Month, drop_partitions, make_partitions, partitions

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_month_knows_the_next_one() -> None:
    assert Month(2026, 12).next == Month(2027, 1)
    assert Month(2026, 3).table == "trajectories_event_y2026m03"


def test_months_are_made_ahead_once() -> None:
    today = datetime.now(UTC).date()
    assert make_partitions(oldest=today) == []
    assert Month.of(today) in partitions()
    early = date(today.year - 1, 1, 1)
    assert len(make_partitions(oldest=early)) >= 12
    drop_partitions(before=datetime.now(UTC) - timedelta(days=60))


def test_old_months_are_dropped_with_their_events_and_others_stay(client: Client) -> None:
    run = make_finished_run(client)
    old = datetime.now(UTC) - timedelta(days=400)
    make_partitions(oldest=old.date())
    Event.objects.create(
        trajectory=run.trajectory, sequence=2, kind=Event.Kind.MESSAGE, payload={}, at=old
    )
    assert run.trajectory.events.count() == 2
    dropped = drop_partitions(before=datetime.now(UTC) - timedelta(days=365))
    assert Month.of(old.date()).table in dropped
    assert [event.sequence for event in run.trajectory.events.all()] == [1]
    drop_partitions(before=datetime.now(UTC) - timedelta(days=60))


def test_an_event_without_its_month_is_refused(client: Client) -> None:
    run = make_finished_run(client)
    with pytest.raises(IntegrityError, match="no partition"):
        Event.objects.create(
            trajectory=run.trajectory,
            sequence=2,
            kind=Event.Kind.MESSAGE,
            payload={},
            at=datetime(1999, 1, 1, tzinfo=UTC),
        )


def test_events_of_a_month_are_found_without_reading_the_others(client: Client) -> None:
    run = make_finished_run(client)
    month = Month.of(datetime.now(UTC).date())
    begins = datetime(month.year, month.month, 1, tzinfo=UTC)
    plan = Event.objects.filter(trajectory=run.trajectory, at__gte=begins).explain()
    assert month.table in plan
    assert len(partitions()) > len({one for one in partitions() if one.table in plan})
