"""The hours and days that figures of traffic are told for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from trajectories.rollup_models import Rollup
from trajectories.traffic import RouteFigures, slots_of

NOW = datetime(2026, 3, 10, 15, 42, tzinfo=UTC)


def test_a_day_is_the_last_24_hours_with_the_one_that_runs() -> None:
    slots = slots_of(days=1, now=NOW)
    assert slots.span == Rollup.Span.HOUR
    assert len(slots.times) == 24
    assert slots.begin == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert slots.end == datetime(2026, 3, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize("days", [7, 30, 90])
def test_more_are_whole_days_with_today(days: int) -> None:
    slots = slots_of(days=days, now=NOW)
    assert slots.span == Rollup.Span.DAY
    assert len(slots.times) == days
    assert slots.end == datetime(2026, 3, 11, tzinfo=UTC)
    assert slots.end - slots.begin == timedelta(days=days)


def test_days_are_those_of_utc_wherever_it_is_asked() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=11)))
    assert slots_of(days=7, now=elsewhere) == slots_of(days=7, now=NOW)


def test_the_share_of_right_answers_is_of_those_that_were_judged() -> None:
    assert RouteFigures(requests=10, right=3, wrong=1, unchecked=6).right_share == 0.75
    assert RouteFigures(requests=6, unchecked=6).right_share is None
