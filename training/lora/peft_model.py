"""The base model in torch with a PEFT adapter on it, and the adapter's matrices."""

from pathlib import Path
from typing import Any, Literal

import torch
from peft import (
    LoraConfig,
    PeftModel,
    get_peft_model,
    get_peft_model_state_dict,
    set_peft_model_state_dict,
)
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from training.lora.adapter_files import PREFIX, WEIGHTS, Pair, block_of
from training.lora.job import LoraJob
from training.lora.trainer import BadWeights, NotFinite


def load_model(folder: Path, device: Literal["cpu", "gpu"]) -> Any:
    """Its weights in bf16 on CUDA, else float32; from safetensors only. Raises BadWeights."""
    dtype = torch.bfloat16 if device == "gpu" else torch.float32
    try:
        return AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BadWeights(f"The base model cannot be loaded: {error}") from error


def with_adapter(model: Any, job: LoraJob) -> PeftModel:
    """The adapter, in float32, is on every linear layer of the adapted blocks.

    Raises BadWeights for a model without any.
    """
    found = [
        (name.rsplit(".", 1)[-1], block)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and (block := block_of(name)) is not None
    ]
    if not found:
        raise BadWeights("The base model has no blocks with linear layers.")
    blocks = 1 + max(block for _, block in found)
    chosen = list(range(max(0, blocks - job.layers), blocks)) if job.layers else None
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=job.rank,
        lora_alpha=job.alpha,  # type: ignore[arg-type]  # a fraction is as good
        lora_dropout=job.dropout,
        target_modules=sorted({name for name, _ in found}),
        layers_to_transform=chosen,
    )
    return get_peft_model(model, config)


def pairs_of(model: PeftModel) -> dict[str, Pair]:
    """The adapter's matrices, by the base model's names."""
    state = get_peft_model_state_dict(model)
    down, up = ".lora_A.weight", ".lora_B.weight"
    modules = [name.removesuffix(down) for name in state if name.endswith(down)]
    return {
        module.removeprefix(PREFIX): Pair(_array(state[module + down]), _array(state[module + up]))
        for module in modules
    }


def set_weights(model: PeftModel, folder: Path) -> None:
    """Those of an adapter that was saved there."""
    set_peft_model_state_dict(model, load_file(folder / WEIGHTS))


def require_all_finite(model: Any, iteration: int) -> None:
    """Raises NotFinite."""
    for name, weight in model.named_parameters():
        if weight.requires_grad and not bool(torch.isfinite(weight).all()):
            raise NotFinite(f"A weight ({name}) is NaN or infinite at iteration {iteration}.")


def _array(tensor: torch.Tensor) -> Any:
    return tensor.detach().to("cpu", torch.float32).numpy()
