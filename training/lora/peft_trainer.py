"""Fine-tunes with TRL's SFTTrainer and PEFT, on the CPU or on CUDA (row KR10)."""

from pathlib import Path
from typing import Literal

from training.lora.dataset import read_dataset
from training.lora.gpu import has_gpu
from training.lora.job import LoraJob
from training.lora.peft_processes import fine_tune_in_processes
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
    if device == "gpu" and not has_gpu():
        raise DeviceMissing("This machine has no GPU that CUDA can use.")
    folder = hugging_face_folder(weights, cache=weights_cache or work.parent / "weights")
    if processes > 1:
        return fine_tune_in_processes(
            job,
            data=data,
            folder=folder,
            work=work,
            device=device,
            processes=processes,
            recompute=recompute,
            report=report,
            cancelled=cancelled,
        )
    from training.lora.peft_loop import Machine, fine_tune

    machine = Machine(device, processes, recompute)
    return fine_tune(job, dataset, folder, work, machine, report=report, cancelled=cancelled)
