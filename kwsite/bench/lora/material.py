"""Llama models with random weights, and conversations of a given length: enough for speed."""

import json
import random
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from kwsite.bench.lora.sizes import Size

TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
ASKED_SHARE = 0.5  # of a conversation's tokens


def write_model(folder: Path, size: Size, *, in_bf16: bool) -> int:
    """A directory with random weights and a tokenizer of bytes. Returns the count of weights."""
    config = LlamaConfig(
        **vars(size),
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=257,
        pad_token_id=257,
    )
    model: Any = LlamaForCausalLM(config)
    model = model.bfloat16() if in_bf16 else model
    model.save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    return sum(weight.numel() for weight in model.parameters())


def write_conversations(folder: Path, *, train: int, valid: int, length: int) -> None:
    """A character is a token; all conversations are longer than `length` of them."""
    folder.mkdir(parents=True)
    dice = random.Random(0)
    for name, count in (("train", train), ("valid", valid)):
        lines = (json.dumps({"messages": _messages(dice, length)}) for _ in range(count))
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))


def _messages(dice: random.Random, length: int) -> list[dict[str, str]]:
    asked = int(length * ASKED_SHARE)
    return [
        {"role": "user", "content": _words(dice, asked)},
        {"role": "assistant", "content": _words(dice, length - asked)},
    ]


def _words(dice: random.Random, characters: int) -> str:
    letters = dice.choices("abcdefghijklmnopqrstuvwxyz     ", k=characters - 1)
    return "x" + "".join(letters).rstrip().ljust(characters - 1, "x")


def _tokenizer() -> Any:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={one: n for n, one in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(["<s>", "</s>"])
    untyped: Any = PreTrainedTokenizerFast
    tokenizer = untyped(tokenizer_object=core, eos_token="</s>", pad_token="</s>")
    tokenizer.chat_template = TEMPLATE
    return tokenizer
