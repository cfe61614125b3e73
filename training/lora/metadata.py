"""What is written down beside an adapter: nothing that differs when it is made again."""

import platform
from collections.abc import Mapping
from typing import Any

from training.lora.dataset import Dataset
from training.lora.job import LoraJob
from training.lora.progress import Losses

FORMAT = "kernelweave lora 1"


def describe(
    job: LoraJob,
    dataset: Dataset,
    *,
    weights: str,
    trainer: str,
    device: str,
    versions: Mapping[str, str],
    losses: Losses,
) -> dict[str, Any]:
    """`kernelweave.json`. `weights` is the digest of the base model's."""
    last = max(losses.valid, default=0)
    return {
        "format": FORMAT,
        "job": job.as_json(),
        "job_digest": job.digest,
        "weights": weights,
        "trainer": trainer,
        "device": device,
        "versions": {"python": platform.python_version(), **versions},
        "data": {
            "digest": dataset.digest,
            "train": len(dataset.train),
            "valid": len(dataset.valid),
        },
        "losses": {
            "first": _rounded(losses.train[0]),
            "last": _rounded(losses.train[-1]),
            "validation_before": _rounded(losses.valid[0]) if 0 in losses.valid else None,
            "validation_after": _rounded(losses.valid[last]) if last else None,
        },
    }


def _rounded(loss: float) -> float:
    return round(loss, 6)
