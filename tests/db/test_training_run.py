"""What a node does with a run: fetched, trained, kept, resumed, ended."""

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError

from tests.interrupted_trainer import Interrupted, desk, dies
from tests.training_rows import add_stored_run, claimed
from training.lora import runs
from training.lora.models import LoraRun, artifact_storage
from training.lora.runs import ask_to_cancel
from training.lora.storing import fetch_folder
from trajectories.models import Client
from workers.training_run import drop_checkpoints, train_run

pytestmark = pytest.mark.django_db


def stored_checkpoints(run: LoraRun) -> list[str]:
    place = f"checkpoints/{run.pk}"
    return artifact_storage().listdir(place)[1] if artifact_storage().exists(place) else []


def test_a_run_ends_with_an_adapter_named_by_its_digest(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    train_run(run, desk(tmp_path))
    run.refresh_from_db()
    assert (run.state, run.iteration, run.reason) == ("done", 10, "")
    assert run.artifact == f"adapters/{run.digest}.tar"
    fetch_folder(run.artifact, tmp_path / "adapter")
    assert json.loads((tmp_path / "adapter" / "kernelweave.json").read_text())["job"] == run.job
    assert run.metrics["lessons"] == 1
    assert len(run.curve) == 10
    assert "attempt 1 on node-1" in run.log
    assert "iteration 10: loss" in run.log


def test_nothing_but_the_adapter_stays(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    train_run(run, desk(tmp_path))
    run.refresh_from_db()
    assert (run.checkpoint, stored_checkpoints(run)) == ("", [])
    assert list((tmp_path / "scratch").iterdir()) == []


def test_equal_adapters_are_one_file(client: Client, tmp_path: Path) -> None:
    first, second = (claimed(add_stored_run(client, tmp_path)) for _ in range(2))
    for run in (first, second):
        train_run(run, desk(tmp_path))
        run.refresh_from_db()
    assert first.artifact == second.artifact


def test_another_node_resumes_from_the_last_checkpoint(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    train_run(run, desk(tmp_path, Interrupted(7, dies)))
    run.refresh_from_db()
    assert (run.state, run.checkpoint_iteration, run.attempts) == ("queued", 5, 1)
    assert len(stored_checkpoints(run)) == 1
    again = claimed(run)
    train_run(again, desk(tmp_path))
    again.refresh_from_db()
    assert (again.state, again.metrics["resumed_at"], again.attempts) == ("done", 5, 2)
    assert [point[0] for point in again.curve] == list(range(1, 11))
    assert "It was killed by signal SIGKILL." in again.log
    assert "attempt 2 on node-1, from iteration 5" in again.log


def test_a_damaged_checkpoint_is_not_resumed_from(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    train_run(run, desk(tmp_path, Interrupted(7, dies)))
    run.refresh_from_db()
    Path(artifact_storage().path(run.checkpoint)).write_bytes(b"half")
    again = claimed(run)
    train_run(again, desk(tmp_path))
    again.refresh_from_db()
    assert (again.state, again.metrics["resumed_at"]) == ("done", 0)
    assert "cannot be used; it begins anew" in again.log


def test_older_checkpoints_are_deleted(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path, save_every=2))
    train_run(run, desk(tmp_path, Interrupted(9, dies)))
    run.refresh_from_db()
    assert [f"checkpoints/{run.pk}/{name}" for name in stored_checkpoints(run)] == [run.checkpoint]
    assert run.checkpoint_iteration == 8


def test_a_trainer_that_dies_each_time_fails_the_run(client: Client, tmp_path: Path) -> None:
    run = add_stored_run(client, tmp_path)
    for _ in range(2):
        run = claimed(run)
        train_run(run, desk(tmp_path, Interrupted(3, dies), most_attempts=2))
        run.refresh_from_db()
    assert run.state == "failed"
    assert run.reason == "The attempt 2 was the last one: It was killed by signal SIGKILL."


def test_what_the_trainer_refuses_fails_the_run_at_once(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path, learning_rate=1.0))
    train_run(run, desk(tmp_path))
    run.refresh_from_db()
    assert (run.state, run.attempts, run.artifact) == ("failed", 1, "")
    assert run.reason == "The loss is no finite number at iteration 3."


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"dataset": f"datasets/{'0' * 64}.tar"}, "is not in the storage of this node"),
        ({"dataset": "datasets/yesterday.tar"}, "is not named by its digest"),
        ({"job": {"base_model": "/nowhere", "data": "d"}}, "/nowhere is not on this node"),
        ({"job": {"base_model": "embedded", "data": "d", "rank": 0}}, "rank is 0"),
    ],
)
def test_a_run_that_cannot_begin_fails_with_the_reason(
    client: Client, tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    run = add_stored_run(client, tmp_path)
    LoraRun.objects.filter(pk=run.pk).update(**fields)
    run = claimed(run)
    train_run(run, desk(tmp_path))
    run.refresh_from_db()
    assert run.state == "failed"
    assert reason in run.reason


def test_a_run_is_cancelled_while_it_trains(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path, iterations=1_000_000, save_every=2))
    train_run(run, desk(tmp_path, Interrupted(3, lambda: ask_to_cancel(run=run, by="ann"))))
    run.refresh_from_db()
    assert (run.state, run.reason) == ("cancelled", "Cancelled by ann.")
    assert (run.artifact, run.checkpoint, stored_checkpoints(run)) == ("", "", [])


def test_a_node_that_is_asked_to_end_hands_its_run_back(client: Client, tmp_path: Path) -> None:
    leaving = Event()
    run = claimed(add_stored_run(client, tmp_path, iterations=1_000_000))
    train_run(run, desk(tmp_path, Interrupted(7, leaving.set), leaving=leaving))
    run.refresh_from_db()
    assert (run.state, run.attempts, run.checkpoint_iteration) == ("queued", 0, 5)


def test_a_node_whose_run_was_taken_over_stops_and_leaves_it(
    client: Client, tmp_path: Path
) -> None:
    run = claimed(add_stored_run(client, tmp_path, iterations=1_000_000))

    def taken_over() -> None:
        LoraRun.objects.filter(pk=run.pk).update(claimed_by="node-2", attempts=2)

    train_run(run, desk(tmp_path, Interrupted(7, taken_over)))
    run.refresh_from_db()
    assert (run.state, run.claimed_by, run.checkpoint_iteration) == ("running", "node-2", 5)
    assert len(stored_checkpoints(run)) == 1  # none of its own beside that which counts


def test_training_goes_on_while_the_database_is_away(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    away = Event()

    def note(**told: Any) -> bool:
        if away.is_set():
            raise OperationalError("the database is away")
        return whole(**told)

    whole = runs.note_progress
    monkeypatch.setattr("workers.training_run.connections.close_all", lambda: None)
    monkeypatch.setattr(runs, "note_progress", note)
    trainer = Interrupted(3, away.set)
    train_run(run, desk(tmp_path, trainer))
    run.refresh_from_db()
    assert (run.state, run.checkpoint) == ("done", "")


def test_a_run_that_goes_on_keeps_its_checkpoint_in_the_row(client: Client, tmp_path: Path) -> None:
    run = claimed(add_stored_run(client, tmp_path))
    train_run(run, desk(tmp_path, Interrupted(7, dies)))
    run.refresh_from_db()
    runs.forget_checkpoint(run_id=run.pk)
    run.refresh_from_db()
    assert run.checkpoint
    LoraRun.objects.filter(pk=run.pk).update(state="cancelled")
    drop_checkpoints(run.pk)
    run.refresh_from_db()
    assert (run.checkpoint, stored_checkpoints(run)) == ("", [])
