"""The base model in MLX with LoRA layers on it, and the adapter's matrices as PEFT has them."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.quantized import QuantizedLinear
from mlx.utils import tree_flatten
from mlx_lm.tuner.utils import linear_to_lora_layers
from mlx_lm.utils import load_model

from training.lora.adapter_files import Array, Pair
from training.lora.job import LoraJob
from training.lora.trainer import BadWeights

DOWN, UP = ".lora_a", ".lora_b"


def load_base(folder: Path) -> Any:
    """Frozen. In float32 on a CPU, which is slow at anything shorter. Raises BadWeights."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        model, _ = load_model(folder, model_config=rotary_names(config))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadWeights(f"The base model cannot be loaded: {error}") from error
    if mx.default_device().type == mx.DeviceType.cpu:
        model.set_dtype(mx.float32)
    model.freeze()
    return model


def rotary_names(config: dict[str, Any]) -> dict[str, Any]:
    """What transformers 5 says as `rope_parameters`, under the names that mlx-lm reads.

    Most of its models know the older names alone, and take their own defaults for what they miss.
    """
    said = config.get("rope_parameters")
    if not isinstance(said, dict) or "rope_theta" in config:
        return {}
    whole = said.get("full_attention", said)
    names = {"rope_theta": whole["rope_theta"]} if "rope_theta" in whole else {}
    if whole.get("rope_type", "default") != "default":
        names["rope_scaling"] = {**whole, "type": whole["rope_type"]}
    if "rope_theta" in said.get("sliding_attention", {}):
        names["rope_local_base_freq"] = said["sliding_attention"]["rope_theta"]
    return names


def add_adapter(model: Any, job: LoraJob) -> None:
    """On every linear layer of the adapted blocks. Raises BadWeights for a model without any."""
    keys = {
        name
        for block in model.layers
        for name, module in block.named_modules()
        if isinstance(module, (Linear, QuantizedLinear))
    }
    if not keys:
        raise BadWeights("The base model has no blocks with linear layers.")
    config = {
        "rank": job.rank,
        "scale": job.alpha / job.rank,
        "dropout": job.dropout,
        "keys": keys,
    }
    linear_to_lora_layers(model, min(job.layers, len(model.layers)), config)


def pairs_of(model: Any) -> dict[str, Pair]:
    """By the base model's names. MLX multiplies from the right, so its matrices are transposed."""
    weights = dict(tree_flatten(model.trainable_parameters()))
    modules = [name.removesuffix(DOWN) for name in weights if name.endswith(DOWN)]
    return {
        module: Pair(_array(weights[module + DOWN].T), _array(weights[module + UP].T))
        for module in modules
    }


def _array(weight: mx.array) -> Array:
    return np.array(weight.astype(mx.float32))
