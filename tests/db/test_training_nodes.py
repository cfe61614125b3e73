"""Nodes in the table: they register what they have, say that they live, and leave."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.training_rows import MACHINE, add_node
from training.nodes.models import TrainingNode
from training.nodes.probe import Machine
from training.nodes.registering import live_nodes, note_alive, note_gone, register_node
from workers import training_node
from workers.training_node import Pulse, device_of
from workers.training_scratch import Scratch


@pytest.mark.django_db
def test_a_node_that_comes_back_is_the_same_with_what_it_has_now() -> None:
    first = add_node("a@host")
    more = Machine({"cores": 64}, {"python": "3.12"})
    again = register_node(name="a@host", device="gpu", machine=more)
    assert again.pk == first.pk
    assert (again.device, again.hardware, again.versions) == (
        "gpu",
        {"cores": 64},
        {"python": "3.12"},
    )


@pytest.mark.django_db
def test_who_was_not_heard_of_for_a_minute_is_not_alive() -> None:
    add_node("a@host")
    add_node("b@host", heard_at=timezone.now() - timedelta(seconds=61))
    assert [node.name for node in live_nodes()] == ["a@host"]
    assert note_alive(name="b@host")
    assert len(live_nodes()) == 2
    note_gone(name="b@host")
    assert [node.name for node in live_nodes()] == ["a@host"]
    assert not note_alive(name="c@host")


@pytest.mark.django_db(transaction=True)
def test_a_living_node_that_somebody_deleted_registers_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_node, "PULSE_S", 0.05)
    pulse = Pulse(name="a@host", device="cpu", machine=MACHINE)
    pulse.start()
    TrainingNode.objects.all().delete()
    ends_at = time.monotonic() + 30
    while not TrainingNode.objects.exists() and time.monotonic() < ends_at:
        time.sleep(0.02)
    pulse.stop()
    node = TrainingNode.objects.get()
    assert (node.name, node.hardware, node.is_alive) == ("a@host", MACHINE.hardware, False)


@pytest.mark.parametrize(
    ("queues", "device"),
    [(["train.gpu"], "gpu"), (["verify", "train.mlx"], "mlx"), (["interactive", "learn"], None)],
)
def test_a_worker_of_a_training_queue_is_a_node(queues: list[str], device: str | None) -> None:
    assert device_of(queues) == device


def test_what_dead_processes_left_goes_and_what_living_ones_need_stays(tmp_path: Path) -> None:
    living, dead = Scratch(tmp_path, "living"), Scratch(tmp_path, "dead")
    for one in (living, dead):
        (one.folder() / "checkpoint").mkdir()
    dead.give_up()
    new = Scratch(tmp_path, "new")
    assert new.folder() == tmp_path / "new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["living", "new"]
    assert (living.folder() / "checkpoint").is_dir()
    living.give_up()
    new.give_up()
