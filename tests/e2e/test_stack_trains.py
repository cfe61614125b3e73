"""The embedded stack fine-tunes the embedded model with what `make run` starts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service_client import Service, wait_for
from tests.stack_fixtures import StackProcess

TRAIN_S = 480.0  # its processes give way to all others
CITIES = ("Paris", "Rome", "Oslo", "Bern", "Wien", "Prag", "Riga", "Kiew", "Sofia", "Tunis")


@pytest.fixture
def service(running_stack: StackProcess) -> Iterator[Service]:
    with closing(Service(running_stack)) as found:
        yield found


def capitals(folder: Path) -> Path:
    folder.mkdir()
    for name, own in (("train", CITIES[:8]), ("valid", CITIES[8:])):
        lines = [
            {
                "messages": [
                    {"role": "user", "content": f"{city} {name} {number}: what is it?"},
                    {"role": "assistant", "content": f"A city called {city}."},
                ]
            }
            for number, city in enumerate(own)
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return folder


def queue(stack: StackProcess, folder: Path, **job: Any) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.queue_training", folder, json.dumps(job)],
        env={**os.environ, **stack.env, "KW_HOME": str(stack.home)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.timeout(900)
def test_the_stacks_own_node_makes_an_adapter(
    running_stack: StackProcess, service: Service, tmp_path: Path
) -> None:
    run_id = queue(
        running_stack,
        capitals(tmp_path / "data"),
        base_model="embedded",
        iterations=2,
        batch_size=1,
        sequence_length=64,
        save_every=2,
        evaluate_every=2,
        rank=2,
    )

    def ended() -> tuple[Any, ...] | None:
        query = "SELECT state, reason, artifact, curve, log FROM training_lorarun WHERE id = %s"
        (row,) = service.rows(query, run_id)
        return row if row[0] not in ("queued", "running") else None

    state, reason, artifact, curve, log = wait_for(ended, "the run's end", TRAIN_S)
    assert (state, reason) == ("done", ""), log
    assert [point[0] for point in curve] == [1, 2]
    assert curve[-1][1] < curve[0][1]
    assert (running_stack.home / "snapshots" / artifact).is_file()
