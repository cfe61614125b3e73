"""Rollups are what a count of all trajectories would say, whatever happened to these since."""

import random
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.db.agent_rows import session, turn
from tests.db.rows import chat, generated, recorded
from tests.rollup_rows import NOON, answer_at_random, answered, keep, kept, recounted
from trajectories.models import Client, Feedback, Rollup, RollupProgress, StaleHour, Trajectory
from trajectories.rollups import count_history, count_stale_hours, day_of
from workers.feedback import record_feedback
from workers.retracting import retract_trajectory

Verdict = Feedback.Verdict


@pytest.mark.django_db
def test_a_messy_history_adds_up() -> None:
    draw = random.Random(7)
    clients = [Client.objects.create(name=f"app {number}") for number in range(3)]
    rows = [answer_at_random(draw, clients) for _ in range(150)]
    keep()
    assert kept() == recounted()
    for _ in range(6):
        rows += [answer_at_random(draw, clients) for _ in range(15)]
        for one in draw.sample(rows, 12):
            Feedback.objects.create(
                client=one.client, trajectory=one, **draw.choice(_VERDICTS).copy()
            )
        retracted = draw.sample(rows, 4)
        Trajectory.objects.filter(pk__in=[one.pk for one in retracted]).update(
            retracted_at=timezone.now()
        )
        opened = Trajectory.objects.filter(closed_at=None).first()
        if opened is not None:
            opened.closed_at = timezone.now()
            opened.save()
        gone = rows.pop(draw.randrange(len(rows)))
        gone.delete()
        keep()
        assert kept() == recounted()
    assert sum(row["requests"] for key, row in kept().items() if key[0] == "day") > 200


_VERDICTS: list[dict[str, object]] = [
    {"verdict": Verdict.CORRECT},
    {"verdict": Verdict.INCORRECT},
    {"rating": 5},
    {"rating": 3},
    {"rating": 1},
]


@pytest.mark.django_db
def test_what_the_service_itself_records_adds_up(client: Client) -> None:
    first, second, third = (
        recorded(client, chat(f"Say {word}."), generated(word)) for word in ("a", "b", "c")
    )
    agent = turn(session(client), "Mend the test.", closed=False)
    keep()
    assert kept() == recounted()
    run = first.run_id
    assert run is not None
    record_feedback(client=client, run_id=run, verdict=Verdict.INCORRECT)
    keep()
    assert _total("wrong", "denied") == (1, 1)
    record_feedback(client=client, run_id=run, verdict=Verdict.CORRECT)
    keep()
    assert _total("wrong", "right", "denied") == (0, 3, 0)
    retract_trajectory(trajectory=second, reason="It names a customer.")
    Trajectory.objects.filter(pk=agent.pk).update(closed_at=timezone.now())
    keep()
    assert _total("requests", "right", "retracted", "unchecked") == (4, 2, 1, 1)
    assert kept() == recounted()
    Trajectory.objects.filter(pk=third.pk).update(reward=0.5, scored_at=timezone.now())
    assert not StaleHour.objects.exists(), "a score is no reason to count again"


def _total(*names: str) -> tuple[int, ...]:
    rows = Rollup.objects.filter(span=Rollup.Span.DAY)
    return tuple(sum(getattr(row, name) for row in rows) for name in names)


@pytest.mark.django_db
def test_counting_again_changes_nothing(client: Client) -> None:
    answered(client)
    keep()
    before = kept()
    StaleHour.objects.create(client_id=client.pk, hour=NOON)
    StaleHour.objects.create(client_id=client.pk, hour=NOON)
    assert count_stale_hours(most=10) == 1
    assert count_stale_hours(most=10) == 0
    assert kept() == before == recounted()


@pytest.mark.django_db
def test_a_turn_counts_no_more_hours_than_it_is_allowed_and_the_newest_first(
    client: Client,
) -> None:
    keep()
    for days in (3, 1, 2):
        answered(client, created_at=NOON - timedelta(days=days))
    assert count_stale_hours(most=2) == 2
    hours = Rollup.objects.filter(span=Rollup.Span.HOUR).order_by("at")
    assert [row.at for row in hours] == [NOON - timedelta(days=2), NOON - timedelta(days=1)]
    assert count_stale_hours(most=2) == 1


@pytest.mark.django_db
def test_history_from_before_the_rollups_is_counted_a_day_at_a_time(client: Client) -> None:
    for days in (0, 1, 400):
        answered(client, created_at=NOON - timedelta(days=days))
    StaleHour.objects.all().delete()  # as if they had been there before
    assert count_history()
    assert RollupProgress.objects.get().counted_from == day_of(NOON)
    assert count_history()
    assert count_history()
    assert kept() == recounted()
    assert not count_history()
    assert RollupProgress.objects.get().counted_from is None
    assert not count_history()


@pytest.mark.django_db
def test_nothing_at_all_is_counted_at_once() -> None:
    assert not count_history()
    assert RollupProgress.objects.get().counted_from is None


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_committed_late_is_counted_then(client: Client) -> None:
    keep()
    written, counted = threading.Event(), threading.Event()

    def commit_late() -> None:
        try:
            with transaction.atomic():
                answered(client, pk=uuid4())
                written.set()
                assert counted.wait(30)
        finally:
            connection.close()

    late = threading.Thread(target=commit_late)
    late.start()
    assert written.wait(30)
    answered(client)
    keep()
    assert _total("requests") == (1,)
    counted.set()
    late.join()
    keep()
    assert _total("requests") == (2,)
    assert kept() == recounted()
