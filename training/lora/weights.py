"""The base model's weights as a Hugging Face directory, which both trainers read.

A GGUF file is unpacked once into float32: what is trained on are the very numbers that llama.cpp
computes with, not those that the file was once quantized from.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from kernels.spec import digest_of
from training.lora.artifact import digest_of_file
from training.lora.trainer import BadWeights

CONFIG = "config.json"
MAGIC = b"GGUF"


def hugging_face_folder(weights: Path, *, cache: Path) -> Path:
    """`weights` itself if it is a directory; else what it unpacks to, kept in `cache`.

    Raises BadWeights.
    """
    if weights.is_dir():
        if not (weights / CONFIG).is_file():
            raise BadWeights(f"{weights} holds no Hugging Face model: it has no {CONFIG}.")
        return weights
    _require_gguf(weights)
    kept = cache / digest_of_file(weights)
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=cache) as beside:
            draft = Path(beside) / "model"
            _unpack(weights, draft)
            _take_place(draft, kept)
    return kept


def digest_of_weights(folder: Path) -> str:
    """SHA-256 (hex) of a Hugging Face directory's tensor files and their names."""
    return digest_of(
        {file.name: digest_of_file(file) for file in sorted(folder.glob("*.safetensors"))}
    )


def _require_gguf(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(MAGIC))
    except OSError as error:
        raise BadWeights(f"{file} cannot be read: {error.strerror}.") from error
    if begins != MAGIC:
        raise BadWeights(f"{file} is neither a GGUF file nor a Hugging Face directory.")


def _unpack(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    try:
        loaded = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32
        )
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        config = AutoConfig.from_pretrained(file.parent, gguf_file=file.name)
    except (OSError, ValueError, KeyError, IndexError, NotImplementedError) as error:
        raise BadWeights(f"{file.name} cannot be unpacked: {error}") from error
    # A model that was loaded from GGUF refuses to be saved, so its weights go into another.
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    untyped: Any = AutoModelForCausalLM
    plain = untyped.from_config(config, dtype=torch.float32)
    plain.load_state_dict(loaded.state_dict())
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _take_place(draft: Path, kept: Path) -> None:
    """Another process may have been first; what it left is the same."""
    try:
        draft.rename(kept)
    except OSError:
        if not kept.is_dir():
            raise
        shutil.rmtree(draft)
