"""Fine-tunes with mlx-lm: on Apple silicon's GPU, elsewhere on the CPU (row KR10)."""

from importlib.util import find_spec
from pathlib import Path

from training.lora.dataset import read_dataset
from training.lora.job import LoraJob
from training.lora.trainer import Asked, DeviceMissing, Report, Trained
from training.lora.weights import hugging_face_folder


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
    """A Trainer (`training.lora.trainer`); the cache is TrainerOptions'.

    `weights` may also be a directory that mlx-lm quantized.
    """
    dataset = read_dataset(data)
    if find_spec("mlx_lm") is None:
        raise DeviceMissing("mlx-lm is not installed here: see requirements/mlx.txt.")
    from training.lora.mlx_loop import fine_tune

    folder = hugging_face_folder(weights, cache=weights_cache or work.parent / "weights")
    return fine_tune(job, dataset, folder, work, report=report, cancelled=cancelled)
