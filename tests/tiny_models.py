"""Tiny models with random weights, and conversations that they can be fine-tuned on."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.lora.job import LoraJob
from training.lora.trainer import Progress

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>"
    "\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SPECIAL = ("<|im_start|>", "<|im_end|>")
COLOURS = ("red", "green", "blue", "black", "white", "pink", "grey", "brown", "teal", "gold")


def tiny_model(folder: Path, *, seed: int = 0, spread: float = 0.02) -> Path:
    """A llama of two blocks, grouped queries and a tokenizer of bytes, as a directory.

    `spread` is that of its weights: the larger, the surer it is of what it says.
    """
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=256 + len(SPECIAL),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        bos_token_id=None,
        eos_token_id=257,
        pad_token_id=257,
        initializer_range=spread,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def byte_tokenizer(template: str = CHATML) -> PreTrainedTokenizerFast:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {one: number for number, one in enumerate(alphabet)}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(list(SPECIAL))
    untyped: Any = PreTrainedTokenizerFast
    tokenizer: PreTrainedTokenizerFast = untyped(
        tokenizer_object=core, eos_token=SPECIAL[1], pad_token=SPECIAL[1]
    )
    tokenizer.chat_template = template
    return tokenizer


def conversation(asked: str, answered: str, *, system: str = "") -> dict[str, Any]:
    first = [{"role": "system", "content": system}] if system else []
    turns = [("user", asked), ("assistant", answered)]
    return {"messages": [*first, *({"role": role, "content": text} for role, text in turns)]}


def write_dataset(
    folder: Path,
    train: Sequence[dict[str, Any]] | None = None,
    valid: Sequence[dict[str, Any]] | None = None,
) -> Path:
    """By default, colours are to be repeated in capitals."""
    folder.mkdir(parents=True, exist_ok=True)
    default = [conversation(f"say {one}", one.upper()) for one in COLOURS]
    for name, lines in (("train", train), ("valid", valid)):
        said = (default[:8] if name == "train" else default[8:]) if lines is None else lines
        text = "".join(f"{json.dumps(line)}\n" for line in said)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def tiny_job(**fields: Any) -> LoraJob:
    return LoraJob(
        **{
            "base_model": "tiny",
            "data": "0" * 64,
            "rank": 4,
            "learning_rate": 0.01,
            "iterations": 6,
            "batch_size": 2,
            "sequence_length": 64,
            "save_every": 3,
            "evaluate_every": 3,
            **fields,
        }
    )


class Told:
    """What a trainer reported. Cancels after an iteration, if that is asked for."""

    def __init__(self, *, cancel_after: int | None = None) -> None:
        self.all: list[Progress] = []
        self._cancel_after = cancel_after

    def report(self, progress: Progress) -> None:
        self.all.append(progress)

    def cancelled(self) -> bool:
        done = self.all[-1].iteration if self.all else 0
        return self._cancel_after is not None and done >= self._cancel_after
