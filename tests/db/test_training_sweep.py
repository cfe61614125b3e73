"""Runs of silent nodes and lost messages are taken up again, and nobody is told twice."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from tests.training_rows import add_node, add_run, claimed, let_lease_end
from training.lora.models import LoraRun
from training.lora.runs import hand_back, keep_checkpoint
from trajectories.models import Client
from workers.tasks.training import ask_for_training, sweep_training

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=5)


class Queues:
    """The messages that wait at the broker."""

    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(settings.REDIS_URL)
        self._redis.delete("train.cpu", "train.gpu", "learn")

    def tasks(self, name: str) -> list[tuple[str, str]]:
        messages = self._redis.lrange(name, 0, -1)
        assert isinstance(messages, list)
        headers = [json.loads(message)["headers"] for message in messages]
        return [(one["task"].rpartition(".")[2], one["argsrepr"]) for one in headers]

    def close(self) -> None:
        self._redis.close()


@pytest.fixture
def queues() -> Iterator[Queues]:
    found = Queues()
    yield found
    found.close()


def asked_for(run: LoraRun) -> tuple[str, str]:
    return ("train_adapter", f"('{run.pk}',)")


def waiting_run(client: Client) -> LoraRun:
    run = add_run(client)
    LoraRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - LONG_AGO)
    return run


def test_a_run_of_a_silent_node_is_queued_again(client: Client, queues: Queues) -> None:
    run = claimed(add_run(client))
    let_lease_end(run)
    sweep_training()
    run.refresh_from_db()
    assert run.state == "queued"
    assert queues.tasks("train.cpu") == [asked_for(run)]


def test_a_run_in_work_is_left_alone(client: Client, queues: Queues) -> None:
    run = claimed(add_run(client))
    sweep_training()
    run.refresh_from_db()
    assert (run.state, queues.tasks("train.cpu")) == ("running", [])


def test_one_that_ended_five_nodes_fails_and_the_plan_is_told(
    client: Client, queues: Queues
) -> None:
    run = claimed(add_run(client))
    LoraRun.objects.filter(pk=run.pk).update(attempts=5)
    let_lease_end(run)
    sweep_training()
    run.refresh_from_db()
    assert (run.state, queues.tasks("train.cpu")) == ("failed", [])
    assert [task for task, _ in queues.tasks("learn")] == ["advance_plans"]


def test_a_lost_message_is_sent_again_to_an_idle_node(client: Client, queues: Queues) -> None:
    run = waiting_run(client)
    add_node()
    sweep_training()
    sweep_training()  # at once: the message had no time yet
    assert queues.tasks("train.cpu") == [asked_for(run)]


def test_runs_that_wait_for_a_busy_node_are_not_sent_again(client: Client, queues: Queues) -> None:
    node = add_node()
    claimed(add_run(client), node=node)
    waiting_run(client)
    sweep_training()
    assert queues.tasks("train.cpu") == []


def test_without_a_live_node_nothing_is_sent_and_the_run_says_so(
    client: Client, queues: Queues
) -> None:
    run = waiting_run(client)
    add_node(heard_at=timezone.now() - LONG_AGO)
    add_node("gpu@host", device="gpu")
    sweep_training()
    run.refresh_from_db()
    assert run.reason == "No node for cpu is alive: `manage.py node --device cpu` starts one."
    assert queues.tasks("train.cpu") == queues.tasks("train.gpu") == []


def test_an_attempt_that_failed_is_not_tried_again_at_once(client: Client, queues: Queues) -> None:
    run = claimed(waiting_run(client))
    hand_back(run=run, worker=run.claimed_by, counts=True, wait_s=60)
    add_node()
    sweep_training()
    assert queues.tasks("train.cpu") == []
    let_lease_end(run)
    sweep_training()
    assert queues.tasks("train.cpu") == [asked_for(run)]


def test_a_run_that_just_came_is_given_time(client: Client, queues: Queues) -> None:
    add_run(client)
    add_node()
    sweep_training()
    assert queues.tasks("train.cpu") == []


def test_checkpoints_of_ended_runs_are_forgotten(client: Client, queues: Queues) -> None:
    run = claimed(add_run(client))
    keep_checkpoint(run=run, worker=run.claimed_by, name="checkpoints/x.tar", iteration=5)
    LoraRun.objects.filter(pk=run.pk).update(state="failed", lease_expires_at=None)
    sweep_training()
    run.refresh_from_db()
    assert run.checkpoint == ""


def test_a_broker_that_is_down_loses_no_run(
    client: Client, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise redis.ConnectionError("refused")

    run = waiting_run(client)
    with monkeypatch.context() as patched:
        patched.setattr("celery.app.task.Task.apply_async", down)
        ask_for_training(run)
    add_node()
    sweep_training()
    assert queues.tasks("train.cpu") == [asked_for(run)]
