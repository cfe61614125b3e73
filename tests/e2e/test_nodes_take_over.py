"""Nodes as they are started: they join, train, and take over from one that is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest
from django.conf import settings
from django.db import connection

from kwsite.stack.child import Child
from tests.training_rows import add_stored_run
from training.lora.models import LoraRun
from training.nodes.models import TrainingNode
from trajectories.models import Client
from workers.tasks.training import ask_for_training, sweep_training

pytestmark = pytest.mark.django_db(transaction=True)
LEASE_S = 2
WAIT_S = 120.0
Start = Callable[..., dict[str, Child]]


def wait(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a node with the scripted trainer, 0.1 s an iteration."""
    address = urlsplit(os.environ["DATABASE_URL"])
    own = address._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(own),
        "KW_SNAPSHOT_DIR": settings.KW_SNAPSHOT_DIR,
        "KW_TRAIN_DIR": str(tmp_path / "training"),
        "KW_TRAINER": "scripted",
        "KW_SCRIPTED_DELAY_S": "0.1",
        "KW_TRAIN_LEASE_S": str(LEASE_S),
    }


@pytest.fixture
def start_nodes(tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Joins nodes of these names."""
    (tmp_path / "logs").mkdir()
    started: list[Child] = []

    def start(*names: str) -> dict[str, Child]:
        nodes = {
            name: Child(
                name,
                [sys.executable, "manage.py", "node", "--name", name],
                environment=environment,
                logs=tmp_path / "logs",
            )
            for name in names
        }
        started.extend(nodes.values())
        for node in nodes.values():
            node.wait_until(partial(node.said, "this node trains on cpu"), within_s=WAIT_S)
        return nodes

    yield start
    for node in started:
        node.stop(within_s=20)


def node_of(run: LoraRun) -> str:
    assert run.node is not None
    return run.node.name.partition("@")[0]


def is_in_work(run: LoraRun, past: int) -> bool:
    run.refresh_from_db()
    return run.state == "running" and run.checkpoint_iteration >= past


def is_done(run: LoraRun) -> bool:
    sweep_training()  # as the clock does
    run.refresh_from_db()
    return run.is_finished


def test_a_killed_nodes_run_is_resumed_by_another_and_ends_once(
    client: Client, tmp_path: Path, start_nodes: Start
) -> None:
    run = add_stored_run(client, tmp_path, iterations=60, save_every=10)
    nodes = start_nodes("first", "second")
    ask_for_training(run)
    wait(lambda: is_in_work(run, 20), "two checkpoints")
    killed = node_of(run)
    trainer = psutil.Process(nodes[killed].process.pid).children(recursive=True)
    nodes[killed].process.send_signal(signal.SIGKILL)
    wait(lambda: is_done(run), "the end of the run")
    assert (run.state, run.reason, run.attempts) == ("done", "", 2)
    assert run.metrics["resumed_at"] >= 20
    assert node_of(run) != killed
    assert [point[0] for point in run.curve] == list(range(1, 61))
    assert run.log.count("the adapter is") == 1
    assert trainer
    assert not any(process.is_running() for process in trainer)


def test_a_node_that_is_asked_to_end_hands_its_run_over_at_once(
    client: Client, tmp_path: Path, start_nodes: Start
) -> None:
    run = add_stored_run(client, tmp_path, iterations=40, save_every=10)
    first = start_nodes("first")["first"]
    ask_for_training(run)
    wait(lambda: is_in_work(run, 10), "a checkpoint")
    first.process.send_signal(signal.SIGTERM)
    first.process.wait(timeout=20)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("queued", 0)
    assert not TrainingNode.objects.get(name__startswith="first@").is_alive
    start_nodes("second")
    wait(lambda: is_done(run), "the end of the run")
    assert (run.state, run.attempts) == ("done", 1)
    assert run.metrics["resumed_at"] >= 10


@pytest.mark.parametrize(
    ("lacks", "says"),
    [
        ({"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/kw"}, "database: kw on 127.0.0.1"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "broker: REDIS_URL cannot be used"),
        ({"KW_SNAPSHOT_DIR": "/proc/nowhere"}, "storage: /proc/nowhere cannot be used"),
        ({}, ""),
    ],
)
def test_a_machine_that_cannot_join_says_what_it_lacks(
    environment: dict[str, str], lacks: dict[str, str], says: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "node", "--check"],
        env=environment | lacks,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert ended.returncode == (1 if says else 0), ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


def test_no_cuda_is_said() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "node", "--check", "--device", "gpu"],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert ended.returncode == 1
    assert "device: torch sees no CUDA device" in ended.stderr
