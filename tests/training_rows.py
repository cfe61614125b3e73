"""Fine-tuning runs for tests, of the scripted trainer."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from training.lora.job import LoraJob
from training.lora.models import LoraRun
from training.lora.runs import claim, queue_run
from training.lora.storing import DATASETS, store_folder
from training.nodes.models import TrainingNode
from training.nodes.probe import Machine
from training.nodes.registering import register_node
from trajectories.models import Client

SIGNATURE = "5" * 64
WORKER = "node-1"
MACHINE = Machine({"cores": 2, "memory_mib": 8000}, {"python": "3.11", "torch": "2"})


def dataset_folder(folder: Path) -> Path:
    line = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train", "valid"):
        (folder / f"{name}.jsonl").write_text(f"{line}\n")
    return folder


def add_run(client: Client, dataset: str = f"datasets/{'d' * 64}.tar", **job: Any) -> LoraRun:
    plain = {"base_model": "embedded", "data": "d" * 64, "iterations": 10, "save_every": 5}
    return queue_run(
        client=client,
        signature=SIGNATURE,
        label="titles",
        job=LoraJob(**{**plain, **job}),
        device="cpu",
        dataset=dataset,
    )


def add_stored_run(client: Client, folder: Path, **job: Any) -> LoraRun:
    """One whose dataset is in the storage."""
    name, digest = store_folder(dataset_folder(folder / "data"), DATASETS)
    return add_run(client, name, data=digest, **job)


def add_node(name: str = "cpu@host", **fields: Any) -> TrainingNode:
    node = register_node(name=name, device=fields.pop("device", "cpu"), machine=MACHINE)
    TrainingNode.objects.filter(pk=node.pk).update(**fields)
    node.refresh_from_db()
    return node


def claimed(run: LoraRun, worker: str = WORKER, node: TrainingNode | None = None) -> LoraRun:
    found = claim(run_id=str(run.pk), worker=worker, node=node, lease_s=60)
    assert found is not None
    return found


def let_lease_end(run: LoraRun) -> None:
    over = timezone.now() - timedelta(seconds=1)
    LoraRun.objects.filter(pk=run.pk).update(lease_expires_at=over)
