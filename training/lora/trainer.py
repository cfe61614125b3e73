"""What every trainer takes, tells and leaves behind, and what stops it (row KR10).

A trainer knows neither Django nor queues: it reads a folder and writes one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from training.lora.job import LoraJob
from trajectories.errors import KernelWeaveError

CHECKPOINTS = "checkpoints"  # in the folder of a run
METADATA = "kernelweave.json"
DRAFT = ".draft"


class TrainingFailed(KernelWeaveError):
    """The model could not be fine-tuned."""


class EmptyDataset(TrainingFailed):
    """The dataset has nothing to train on, or nothing to validate with."""


class BadDataset(TrainingFailed):
    """The dataset cannot be read."""


class LeakingDataset(TrainingFailed):
    """What the dataset validates with is also trained on."""


class NotFinite(TrainingFailed):
    """A loss, a gradient or a weight is NaN or infinite."""


class Diverged(TrainingFailed):
    """The loss rose well above where it began."""


class Cancelled(TrainingFailed):
    """The training was cancelled."""


class BadWeights(TrainingFailed):
    """The weights of the base model cannot be used."""


class BadCheckpoint(TrainingFailed):
    """The checkpoint cannot be resumed from."""


class DeviceMissing(TrainingFailed):
    """This machine has not the device that the job asks for."""


@dataclass(frozen=True)
class Progress:
    """How far a training is. Losses in nats a token, of the assistant's tokens alone.

    `checkpoint` is a folder that was just completed; it lies there until the training ends or
    two newer ones are complete. `line` is for the log.
    """

    iteration: int
    loss: float
    validation_loss: float | None
    tokens_per_s: float
    checkpoint: Path | None
    line: str


@dataclass(frozen=True)
class Trained:
    """A folder with the adapter in PEFT's format, and what was written down beside it."""

    folder: Path
    metadata: dict[str, Any]


Report = Callable[[Progress], None]
Asked = Callable[[], bool]


class Trainer(Protocol):
    """Fine-tunes, or resumes from the last checkpoint in `work`.

    `weights` is a GGUF file or a Hugging Face directory; `data` holds `train.jsonl` and
    `valid.jsonl`; `work` is this run's scratch folder. What `report` raises ends the training.
    Raises TrainingFailed; its subclasses say why.
    """

    def __call__(
        self,
        job: LoraJob,
        *,
        weights: Path,
        data: Path,
        work: Path,
        report: Report,
        cancelled: Asked,
    ) -> Trained: ...


def checkpoint_folder(work: Path, iteration: int) -> Path:
    """Where the checkpoint of an iteration lies. One that comes from elsewhere is put there."""
    return work / CHECKPOINTS / str(iteration)


def checkpoints(work: Path) -> list[tuple[int, Path]]:
    """Those that are complete, the last one first."""
    folder = work / CHECKPOINTS
    if not folder.is_dir():
        return []
    found = [(int(one.name), one) for one in folder.iterdir() if one.name.isdigit()]
    return sorted(found, reverse=True)
