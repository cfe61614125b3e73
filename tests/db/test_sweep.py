"""Runs of dead workers and lost messages are taken up again."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from tests.db.rows import chat, claimed_run, generated, queued_run, recorded
from trajectories.models import Client, Run, Trajectory
from workers.backends.choose import live_backend
from workers.backends.scripted import ScriptedBackend
from workers.leases import LeaseKeeper
from workers.recording import claim_run
from workers.redis_client import redis_client
from workers.suspects import one_suspect
from workers.tasks.answering import answer_run, answer_suspect, sweep_runs
from workers.tasks.promoting import sweep_promotions
from workers.tasks.scoring import ASKED, ask_for_scores, score_due

pytestmark = pytest.mark.django_db

HELLO = chat("Say hello")
NOW = timezone.now


class Queues:
    """How many messages wait in each queue of the broker."""

    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(settings.REDIS_URL)
        self._redis.delete("interactive", "score", "promote", ASKED)

    def waiting(self, name: str) -> int:
        return int(str(self._redis.llen(name)))

    def tasks(self, name: str) -> list[str]:
        messages = self._redis.lrange(name, 0, -1)
        assert isinstance(messages, list)
        return [json.loads(message)["headers"]["task"] for message in messages]

    def close(self) -> None:
        self._redis.close()


@pytest.fixture
def queues() -> Iterator[Queues]:
    found = Queues()
    yield found
    found.close()


def silent_run(client: Client, attempts: int = 1) -> Run:
    run = claimed_run(client, HELLO)
    over = NOW() - timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(lease_expires_at=over, attempts=attempts)
    return run


def test_a_run_of_a_silent_worker_is_queued_again(client: Client, queues: Queues) -> None:
    run = silent_run(client)
    sweep_runs()
    run.refresh_from_db()
    assert (run.status, run.lease_expires_at) == ("queued", None)
    assert queues.waiting("interactive") == 1
    again = claim_run(run_id=str(run.pk), worker="worker-2", lease_s=60)
    assert again is not None
    assert again.attempts == 2


def test_runs_that_saw_a_worker_die_go_one_by_one(client: Client, queues: Queues) -> None:
    run = silent_run(client)
    sweep_runs()
    assert queues.tasks("interactive") == ["workers.tasks.answering.answer_suspect"]
    with one_suspect:
        answer_suspect(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("queued", 1)  # it was put off, and nothing counted
    assert queues.waiting("interactive") == 2


def test_a_run_in_work_is_left_alone(client: Client, queues: Queues) -> None:
    run = claimed_run(client, HELLO)
    sweep_runs()
    run.refresh_from_db()
    assert run.status == "running"
    assert queues.waiting("interactive") == 0


def test_after_too_many_attempts_a_run_fails(client: Client, queues: Queues) -> None:
    run = silent_run(client, attempts=settings.KW_MAX_ATTEMPTS)
    sweep_runs()
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error is not None
    assert run.error["code"] == "workers_died"
    assert not Trajectory.objects.exists()
    assert queues.waiting("interactive") == 0


def test_a_run_whose_message_was_lost_is_sent_again(client: Client, queues: Queues) -> None:
    queued_run(client, HELLO, created_at=NOW() - timedelta(minutes=5))
    queued_run(client, HELLO)
    queued_run(client, HELLO, created_at=NOW() - timedelta(days=2))
    sweep_runs()
    assert queues.waiting("interactive") == 2
    sweep_runs()
    assert queues.waiting("interactive") == 2  # one message is enough for a while


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_twice_is_answered_once(client: Client, settings: Settings) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    run = queued_run(client, HELLO)
    answer_run(str(run.pk))
    answer_run(str(run.pk))
    live_backend.cache_clear()
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("done", 1)
    assert Trajectory.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_run_is_left_to_the_sweep_when_the_database_goes_away(
    client: Client, settings: Settings
) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    backend = live_backend()
    assert isinstance(backend, ScriptedBackend)
    backend.enqueue(OperationalError("the connection is lost"))
    run = queued_run(client, HELLO)
    with pytest.raises(OperationalError):
        answer_run(str(run.pk))
    live_backend.cache_clear()
    run.refresh_from_db()
    assert (run.status, run.error) == ("running", None)


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_recorded_though_nobody_can_be_told(
    client: Client, settings: Settings
) -> None:
    settings.KW_LLM_PROVIDER = "scripted"
    live_backend.cache_clear()
    run = queued_run(client, chat("Say hello you", stream=True))
    with redis_at("redis://127.0.0.1:1/0", settings):
        answer_run(str(run.pk))
    live_backend.cache_clear()
    run.refresh_from_db()
    assert (run.status, run.error) == ("done", None)
    assert Trajectory.objects.count() == 1


@contextmanager
def redis_at(url: str, settings: Settings) -> Iterator[None]:
    """Redis is looked for at this address."""
    before, settings.REDIS_URL = settings.REDIS_URL, url
    redis_client.cache_clear()
    try:
        yield
    finally:
        settings.REDIS_URL = before
        redis_client.cache_clear()


def test_all_that_is_due_is_scored_at_once(client: Client, queues: Queues) -> None:
    for number in range(3):
        recorded(client, chat(f"Say {number}"), generated({}))
    score_due()
    assert not Trajectory.objects.filter(scored_at=None).exists()
    assert not Trajectory.objects.filter(reward=None).exists()
    assert queues.waiting("score") == 0
    assert queues.waiting("promote") == 1


def test_scoring_goes_on_until_nothing_is_due(
    client: Client, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.tasks.scoring.BATCH", 2)
    for number in range(3):
        recorded(client, chat(f"Say {number}"), generated({}))
    score_due()
    assert Trajectory.objects.filter(scored_at=None).count() == 1
    assert queues.waiting("score") == 1


def test_answers_of_one_moment_share_one_scoring_task(client: Client, queues: Queues) -> None:
    for _ in range(5):
        ask_for_scores()
    assert queues.waiting("score") == 1


def test_what_asks_after_that_moment_gets_another_task(client: Client, queues: Queues) -> None:
    ask_for_scores()
    redis_client().delete(ASKED)  # as it ends by itself before the task begins
    ask_for_scores()
    assert queues.waiting("score") == 2


def test_the_newest_success_of_each_kind_of_call_is_considered(
    client: Client, queues: Queues
) -> None:
    for number in range(3):
        recorded(client, chat(f"Say {number}"), generated({}))
    recorded(client, chat("x", response_format={"type": "json_object"}), generated({}))
    Trajectory.objects.update(reward=0.9, scored_at=NOW())
    sweep_promotions()
    assert queues.waiting("promote") == 1  # both have the same system prompt and no schema


@pytest.mark.django_db(transaction=True)
def test_between_renewals_a_keeper_holds_no_connection() -> None:
    renewed = threading.Event()

    def renew(**_: object) -> None:
        assert not Run.objects.filter(claimed_by="nobody").exists()
        renewed.set()

    def sessions() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])

    before = sessions()
    with LeaseKeeper(renew).hold("a run", lease_s=0.03, limit_s=60):
        assert renewed.wait(30)
    ends_at = time.monotonic() + 30
    while sessions() > before and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert sessions() == before
