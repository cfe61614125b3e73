"""Adapters of SmolLM2-135M with random weights, packed as trainers leave them."""

from pathlib import Path

import numpy as np

from training.lora.adapter_files import Array, Pair, write_adapter
from training.lora.artifact import pack
from training.lora.job import LoraJob

LAYERS, HIDDEN, KEYS = 30, 576, 192
SCALE = 0.05


def random_archive(folder: Path, seed: int, *, hidden: int = HIDDEN) -> tuple[Path, str]:
    """An archive and its digest; with another `hidden` size it is no adapter of that model."""
    dice = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> Array:
        return dice.normal(0, SCALE, (rows, columns)).astype(np.float32)

    pairs = {
        f"model.layers.{layer}.self_attn.{name}": Pair(matrix(4, hidden), matrix(out, 4))
        for layer in range(LAYERS)
        for name, out in (("q_proj", hidden), ("v_proj", KEYS))
    }
    job = LoraJob(base_model="embedded", data=f"{seed:064x}", rank=4, alpha=4.0)
    files = folder / f"adapter-{seed}"
    files.mkdir(parents=True)
    write_adapter(files, pairs, job=job, metadata={"seed": seed})
    archive = folder / f"{seed}.tar"
    return archive, pack(files, archive)
