"""A trainer that trains nothing: the same losses, checkpoints and adapter every time.

For tests of what is around a trainer, and to try nodes out without a model. Its adapter has no
weights, so nothing can serve it. A job with a learning rate of 1 fails at iteration 3, as one whose
loss is no number does.
"""

import json
import math
import os
import time
from pathlib import Path

from training.lora.job import LoraJob
from training.lora.trainer import (
    METADATA,
    Asked,
    Cancelled,
    NotFinite,
    Progress,
    Report,
    Trained,
    checkpoint_folder,
    checkpoints,
)

DELAY = "KW_SCRIPTED_DELAY_S"  # of an iteration
TOKENS = 100  # an iteration


def train(
    job: LoraJob,
    *,
    weights: Path,
    data: Path,
    work: Path,
    report: Report,
    cancelled: Asked,
) -> Trained:
    """Raises Cancelled and NotFinite; OSError where the dataset has no `train.jsonl`."""
    lessons = len((data / "train.jsonl").read_text().splitlines())
    delay_s = float(os.environ.get(DELAY) or 0)
    began = _last_checkpoint(work)
    for iteration in range(began + 1, job.iterations + 1):
        if cancelled():
            raise Cancelled()
        time.sleep(delay_s)
        if job.learning_rate >= 1 and iteration == 3:
            raise NotFinite(f"The loss is no finite number at iteration {iteration}.")
        loss = round(3 * math.exp(-iteration / job.iterations), 4)
        measured = iteration % job.evaluate_every == 0
        report(
            Progress(
                iteration=iteration,
                loss=loss,
                validation_loss=loss + 0.1 if measured else None,
                tokens_per_s=TOKENS / max(delay_s, 1e-3),
                checkpoint=_save(work, iteration) if iteration % job.save_every == 0 else None,
                line=f"iteration {iteration}: loss {loss}",
            )
        )
    return _adapter(job, work, {"lessons": lessons, "resumed_at": began, "trainer": "scripted"})


def _last_checkpoint(work: Path) -> int:
    return next((iteration for iteration, _ in checkpoints(work)), 0)


def _save(work: Path, iteration: int) -> Path:
    folder = checkpoint_folder(work, iteration)
    draft = folder.with_name(f"{iteration}.draft")
    draft.mkdir(parents=True)
    (draft / "state.json").write_text(json.dumps({"iteration": iteration}))
    return draft.rename(folder)


def _adapter(job: LoraJob, work: Path, metadata: dict[str, object]) -> Trained:
    folder = work / "adapter"
    folder.mkdir(exist_ok=True)
    (folder / METADATA).write_text(json.dumps({"job": job.as_json()}, sort_keys=True))
    return Trained(folder, metadata)
