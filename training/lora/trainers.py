"""Which trainer works on which device. Importing this loads none of their libraries."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.lora.job import Device
from training.lora.mlx_trainer import train_mlx
from training.lora.peft_trainer import train_peft
from training.lora.trainer import Trainer


@dataclass(frozen=True)
class TrainerOptions:
    """What a node says, and no job: it changes how fast an adapter is made, not which.

    `weights_cache` keeps what is unpacked from GGUF files; None is `weights` beside the folders
    of the runs. `processes` is the number of GPUs, each with a process of its own, which accelerate
    lets work together. `recompute` saves memory of activations for a fifth of the speed.
    """

    weights_cache: Path | None = None
    processes: int = 1
    recompute: bool = False


def trainer_of(device: Device, options: TrainerOptions | None = None) -> Trainer:
    """The trainer raises DeviceMissing where this machine has no such device."""
    chosen = options or TrainerOptions()
    if device == "mlx":
        return partial(train_mlx, weights_cache=chosen.weights_cache)
    return partial(
        train_peft,
        device=device,
        weights_cache=chosen.weights_cache,
        processes=chosen.processes,
        recompute=chosen.recompute,
    )
