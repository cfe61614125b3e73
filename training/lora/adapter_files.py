"""An adapter as files, in PEFT's format: written by each trainer, and read to be served.

Both are written by hand from numbers, so that equal adapters are equal files whichever library
fitted them, nothing is pickled, and reading needs no torch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from training.lora.job import LoraJob
from training.lora.trainer import METADATA, NotFinite
from trajectories.errors import KernelWeaveError

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
PREFIX = "base_model.model."  # of PEFT's names, before the base model's own
Array = NDArray[np.float32]
# What PEFT may do to a model beside the product of two matrices; none of it is done here.
BEYOND = ("use_dora", "use_rslora", "modules_to_save", "rank_pattern", "alpha_pattern")


class BadAdapter(KernelWeaveError):
    """The folder holds no adapter that can be used."""


@dataclass(frozen=True)
class Pair:
    """W + scale B A: `down` is A (rank, in), `up` is B (out, rank)."""

    down: Array
    up: Array


@dataclass(frozen=True)
class AdapterFiles:
    """Of each adapted weight, by the base model's name of its module, the two matrices."""

    pairs: dict[str, Pair]
    rank: int
    alpha: float


def write_adapter(
    folder: Path, pairs: Mapping[str, Pair], *, job: LoraJob, metadata: Mapping[str, Any]
) -> None:
    """Into a folder that is there. Raises NotFinite for a weight that is no number."""
    require_finite(pairs)
    tensors = {}
    for name, pair in sorted(pairs.items()):
        tensors[f"{PREFIX}{name}.lora_A.weight"] = np.ascontiguousarray(pair.down)
        tensors[f"{PREFIX}{name}.lora_B.weight"] = np.ascontiguousarray(pair.up)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    _write_json(folder / CONFIG, _config(pairs, job))
    _write_json(folder / METADATA, metadata)


def read_adapter(folder: Path) -> AdapterFiles:
    """Raises BadAdapter."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BadAdapter(f"The adapter cannot be read: {error}") from error
    if config.get("peft_type") != "LORA" or config.get("bias", "none") != "none":
        raise BadAdapter("It is no plain LoRA adapter.")
    if beyond := [name for name in BEYOND if config.get(name)]:
        raise BadAdapter(f"It is no plain LoRA adapter: {', '.join(beyond)}.")
    return AdapterFiles(_pairs(tensors, rank), rank, alpha)


def require_finite(pairs: Mapping[str, Pair]) -> None:
    """Raises NotFinite."""
    for name, pair in pairs.items():
        if not (np.isfinite(pair.down).all() and np.isfinite(pair.up).all()):
            raise NotFinite(f"A weight of {name} is NaN or infinite.")


def _pairs(tensors: Mapping[str, Array], rank: int) -> dict[str, Pair]:
    pairs = {}
    left = dict(tensors)
    for name in [name for name in tensors if name.endswith(".lora_A.weight")]:
        module = name.removesuffix(".lora_A.weight")
        down, up = left.pop(name), left.pop(f"{module}.lora_B.weight", None)
        if up is None or down.ndim != 2 or up.ndim != 2:
            raise BadAdapter(f"{module} has not two matrices.")
        if not down.shape[0] == up.shape[1] == rank:
            raise BadAdapter(f"{module} is not of rank {rank}.")
        pairs[module.removeprefix(PREFIX)] = Pair(down.astype(np.float32), up.astype(np.float32))
    if left or not pairs:
        raise BadAdapter(f"It holds other weights than LoRA's: {', '.join(sorted(left)[:3])}")
    return pairs


def _config(pairs: Mapping[str, Pair], job: LoraJob) -> dict[str, Any]:
    """PEFT's names. Which blocks are adapted is said by their numbers, where not all are."""
    blocks = {number for name in pairs if (number := block_of(name)) is not None}
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": job.base_model,
        "inference_mode": True,
        "r": job.rank,
        "lora_alpha": job.alpha,
        "lora_dropout": job.dropout,
        "target_modules": sorted({name.rsplit(".", 1)[-1] for name in pairs}),
        "layers_to_transform": sorted(blocks) if job.layers else None,
        "bias": "none",
        "fan_in_fan_out": False,
        "modules_to_save": None,
        "use_rslora": False,
        "use_dora": False,
    }


def block_of(name: str) -> int | None:
    """The number of the transformer block that a module belongs to."""
    numbers = [part for part in name.split(".") if part.isdigit()]
    return int(numbers[0]) if numbers else None


def _write_json(file: Path, said: Mapping[str, Any]) -> None:
    text = json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    file.write_text(f"{text}\n", encoding="utf-8")
