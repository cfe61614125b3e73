"""A run's scratch folder: checkpoints that are complete or not there, and the adapter."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.lora.dataset import Dataset
from training.lora.job import LoraJob
from training.lora.trainer import (
    CHECKPOINTS,
    DRAFT,
    METADATA,
    BadCheckpoint,
    checkpoint_folder,
    checkpoints,
)
from training.lora.weights import digest_of_weights

ADAPTER = "adapter"
KEPT = 2  # checkpoints: the one that is being stored, and a newer one


def prepare(work: Path) -> None:
    """Without what a killed process left unfinished."""
    (work / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    for folder in (work / DRAFT, work / CHECKPOINTS / DRAFT, work / ADAPTER):
        shutil.rmtree(folder, ignore_errors=True)


def place_checkpoint(draft: Path, work: Path, iteration: int, made_for: Mapping[str, Any]) -> Path:
    """Gives a filled folder its place, and removes checkpoints that are older than two."""
    (draft / METADATA).write_text(json.dumps(made_for, sort_keys=True), encoding="utf-8")
    folder = checkpoint_folder(work, iteration)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(folder)
    for _, old in checkpoints(work)[KEPT:]:
        shutil.rmtree(old)
    return folder


def last_checkpoint(work: Path, made_for: Mapping[str, Any]) -> Path | None:
    """Raises BadCheckpoint for one of another job."""
    found = checkpoints(work)
    if not found:
        return None
    _, folder = found[0]
    try:
        said = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadCheckpoint(f"The checkpoint {folder.name} is incomplete: {error}") from error
    if said != dict(made_for):
        raise BadCheckpoint(
            f"The checkpoint {folder.name} is of another job, base model or trainer."
        )
    return folder


def made_for(job: LoraJob, dataset: Dataset, trainer: str, folder: Path) -> dict[str, str]:
    """What a checkpoint must have been made for, so that a training may go on from it.

    `folder` holds the base model's weights.
    """
    return {
        "job": job.digest,
        "data": dataset.digest,
        "trainer": trainer,
        "weights": digest_of_weights(folder),
    }


def empty_draft(beside: Path) -> Path:
    """An empty folder to fill, which then takes its place."""
    folder = beside / DRAFT
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def place_adapter(draft: Path, work: Path) -> Path:
    folder = work / ADAPTER
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return folder
