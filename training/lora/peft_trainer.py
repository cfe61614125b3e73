"""Fine-tunes with TRL's SFTTrainer and PEFT, on the CPU or on CUDA (row KR10)."""

from pathlib import Path
from typing import Literal

from training.lora.dataset import read_dataset
from training.lora.job import LoraJob
from training.lora.trainer import Asked, DeviceMissing, Report, Trained
from training.lora.weights import hugging_face_folder


def train_peft(
    job: LoraJob,
    *,
    weights: Path,
    data: Path,
    work: Path,
    report: Report,
    cancelled: Asked,
    device: Literal["cpu", "gpu"] = "cpu",
    weights_cache: Path | None = None,
    processes: int = 1,
    recompute: bool = False,
) -> Trained:
    """A Trainer (`training.lora.trainer`); the other arguments are TrainerOptions'."""
    dataset = read_dataset(data)
    from training.lora.peft_loop import Machine, fine_tune, has_cuda

    if device == "gpu" and not has_cuda():
        raise DeviceMissing("This machine has no GPU that CUDA can use.")
    folder = hugging_face_folder(weights, cache=weights_cache or work.parent / "weights")
    machine = Machine(device, processes, recompute)
    return fine_tune(job, dataset, folder, work, machine, report=report, cancelled=cancelled)
