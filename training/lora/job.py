"""What to fine-tune, on what, and how: one description for every trainer (row KR10)."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from kernels.spec import digest_of
from trajectories.errors import KernelWeaveError

Device = Literal["cpu", "gpu", "mlx"]
DEVICES: tuple[Device, ...] = ("cpu", "gpu", "mlx")
QUEUES: dict[Device, str] = {"cpu": "train.cpu", "gpu": "train.gpu", "mlx": "train.mlx"}


class BadJob(KernelWeaveError):
    """The fine-tuning job cannot be run as it is described."""


@dataclass(frozen=True)
class LoraJob:
    """A fine-tuning by low-rank adapters (Hu et al. 2021).

    `base_model` names the weights: `embedded`, a Hugging Face directory, or a GGUF file. `data` is
    the SHA-256 of the dataset. `layers` counts the last transformer blocks that are adapted, 0 all.
    An iteration is one step of the optimizer over `batch_size` conversations, each cut at
    `sequence_length` tokens. A checkpoint is written every `save_every` iterations, and the
    validation loss measured every `evaluate_every`.
    """

    base_model: str
    data: str
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    layers: int = 0
    learning_rate: float = 2e-4
    iterations: int = 120
    batch_size: int = 4
    sequence_length: int = 512
    seed: int = 0
    save_every: int = 20
    evaluate_every: int = 20

    def __post_init__(self) -> None:
        """Raises BadJob."""
        for name, low, high in _BOUNDS:
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise BadJob(f"{name} is {value:g}; it must be from {low:g} to {high:g}.")
        if not self.base_model:
            raise BadJob("base_model is empty: name the model to fine-tune.")

    @property
    def digest(self) -> str:
        """SHA-256 (hex): equal jobs on equal data make equal adapters, but for rounding."""
        return digest_of(self.as_json())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_BOUNDS = (
    ("rank", 1, 256),
    ("alpha", 1e-3, 1024),
    ("dropout", 0, 0.9),
    ("layers", 0, 1024),
    ("learning_rate", 1e-8, 1.0),
    ("iterations", 1, 1_000_000),
    ("batch_size", 1, 4096),
    ("sequence_length", 16, 131_072),
    ("seed", 0, 2**31 - 1),
    ("save_every", 1, 1_000_000),
    ("evaluate_every", 1, 1_000_000),
)
