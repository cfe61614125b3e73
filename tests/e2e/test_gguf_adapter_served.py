"""Adapters of SmolLM2 in llama.cpp: it says what PEFT says of the same weights."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xllamacpp
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from kwsite.stack.llama_model import weights
from tests.tiny_models import Told, conversation, write_dataset
from training.lora.adapter_files import Pair, block_of, write_adapter
from training.lora.gguf_adapter import convert
from training.lora.job import LoraJob
from training.lora.trainers import TrainerOptions, trainer_of
from training.lora.weights import hugging_face_folder

TEXT = "The capital of France is Paris. The river that flows through it is called"
SHOWN = 40  # of the likeliest next tokens
JOB = LoraJob(
    base_model="embedded",
    data="0" * 64,
    rank=4,
    layers=4,
    learning_rate=1e-2,
    iterations=4,
    batch_size=1,
    sequence_length=64,
    evaluate_every=4,
    save_every=4,
)
Said = dict[int, float]  # log probabilities of the next token, by its id


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded weights, unpacked."""
    return hugging_face_folder(weights(), cache=tmp_path_factory.mktemp("weights"))


def loaded(folder: Path, adapter: Path | None = None) -> Any:
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    return PeftModel.from_pretrained(model, adapter) if adapter else model


def by_torch(model: Any, ids: list[int]) -> Any:
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([ids])).logits[0, -1], -1)


class Served:
    """The server of the embedded stack, with adapters that requests choose by number."""

    def __init__(self, adapters: list[Path]) -> None:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(weights())
        parameters.n_ctx, parameters.n_parallel = 512, 1
        parameters.ui, parameters.verbosity = False, 1
        parameters.lora_adapters = [
            xllamacpp.CommonAdapterLoraInfo(str(one), 0.0) for one in adapters
        ]
        self._server = xllamacpp.Server(parameters)

    def ask(self, ids: list[int], *, adapter: int | None = None, tokens: int = 1) -> Any:
        chosen = [] if adapter is None else [{"id": adapter, "scale": 1.0}]
        asked = {"prompt": ids, "n_predict": tokens, "temperature": 0, "logprobs": SHOWN}
        said = self._server.handle_completions({**asked, "cache_prompt": False, "lora": chosen})
        return (json.loads(said) if isinstance(said, str) else said)["choices"][0]

    def next_token(self, ids: list[int], *, adapter: int | None = None) -> Said:
        [first] = self.ask(ids, adapter=adapter)["logprobs"]["content"]
        return {one["id"]: one["logprob"] for one in first["top_logprobs"]}


def distance(said: Said, expected: Any) -> float:
    """Root mean square, of log probabilities."""
    differences = [(logprob - float(expected[token])) ** 2 for token, logprob in said.items()]
    return math.sqrt(sum(differences) / len(differences))


@pytest.mark.parametrize(
    ("kinds", "size"),
    [
        (("q_proj", "k_proj"), 0.15),
        (("v_proj", "o_proj"), 0.08),
        (("gate_proj", "down_proj"), 0.05),
    ],
)
def test_an_adapter_moves_llama_cpp_as_it_moves_peft(
    folder: Path, tmp_path: Path, kinds: tuple[str, ...], size: float
) -> None:
    """llama.cpp computes with activations of 8 bits: the base model's distance is that noise."""
    base = loaded(folder)
    random = np.random.default_rng(0)
    pairs = {}
    for name, module in base.named_modules():
        if block_of(name) is not None and name.endswith(kinds):
            rows, columns = module.weight.shape
            down = random.standard_normal((8, columns)) / math.sqrt(columns)
            up = random.standard_normal((rows, 8)) * size
            pairs[name] = Pair(down.astype(np.float32), up.astype(np.float32))
    (tmp_path / "adapter").mkdir()
    job = LoraJob(base_model="embedded", data="0", rank=8, alpha=16)
    write_adapter(tmp_path / "adapter", pairs, job=job, metadata={})
    file = convert(tmp_path / "adapter", tmp_path / "adapter.gguf", base=weights())
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(TEXT).input_ids
    before, after = by_torch(base, ids), by_torch(loaded(folder, tmp_path / "adapter"), ids)
    served = Served([file])
    noise = distance(served.next_token(ids), before)
    moved = served.next_token(ids, adapter=0)
    assert noise < 0.2
    assert distance(moved, after) < 3 * noise
    assert distance(moved, after) < distance(moved, before) / 3


@pytest.mark.parametrize("device", ["cpu", "mlx"])
def test_what_a_trainer_taught_smollm2_is_served(tmp_path: Path, folder: Path, device: Any) -> None:
    if device == "mlx":
        pytest.importorskip("mlx_lm", reason="NOT TESTED: mlx-lm is not installed")
    words = ("apple", "river", "stone", "cloud", "night", "bread", "glass", "horse", "paper")
    lines = [conversation(f"Answer for {word}:", "zebra zebra", system="Answer.") for word in words]
    data = write_dataset(tmp_path / "data", lines[:8], lines[8:])
    told = Told()
    trained = trainer_of(device, TrainerOptions(weights_cache=folder.parent))(
        JOB,
        weights=weights(),
        data=data,
        work=tmp_path / "run",
        report=told.report,
        cancelled=told.cancelled,
    )
    losses = trained.metadata["losses"]
    assert losses["validation_after"] < losses["validation_before"] / 2
    file = convert(trained.folder, tmp_path / "adapter.gguf", base=weights())
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    asked = tokenizer.apply_chat_template(lines[8]["messages"][:2], add_generation_prompt=True)
    served = Served([file])
    assert "zebra" not in served.ask(asked["input_ids"], tokens=6)["text"]
    assert "zebra" in served.ask(asked["input_ids"], adapter=0, tokens=6)["text"]
