"""Fine-tunes with mlx-lm: on Apple silicon's GPU, elsewhere on the CPU (row KR10)."""

from pathlib import Path

from training.lora.job import LoraJob
from training.lora.trainer import Asked, Report, Trained


def train_mlx(
    job: LoraJob,
    *,
    weights: Path,
    data: Path,
    work: Path,
    report: Report,
    cancelled: Asked,
    weights_cache: Path | None = None,
) -> Trained:
    """A Trainer (`training.lora.trainer`)."""
    raise NotImplementedError
