"""Conversations as token ids, with a mark on those that are learned: the assistant's.

What precedes an answer is rendered as the model is asked at inference, so that exactly what it
then has to write is learned, the token that ends its turn included.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from training.export.lesson import Message
from training.lora.dataset import Conversation
from training.lora.job import LoraJob
from training.lora.trainer import BadWeights, EmptyDataset


@dataclass(frozen=True)
class Tokens:
    """`learned` is as long as `ids`."""

    ids: tuple[int, ...]
    learned: tuple[bool, ...]

    @property
    def labels(self) -> list[int]:
        """The ids that are learned, and -100 for the others."""
        return [one if taken else -100 for one, taken in zip(self.ids, self.learned, strict=True)]


@dataclass(frozen=True)
class Tokenized:
    """Conversations of one side, cut at the job's length.

    `cut` counts those that were longer; those whose answers lie beyond the cut are left out.
    """

    items: tuple[Tokens, ...]
    cut: int
    left_out: int


def load_tokenizer(folder: Path) -> Any:
    """Of transformers, for a Hugging Face directory. Raises BadWeights."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise BadWeights(f"The base model's tokenizer cannot be loaded: {error}") from error


def tokenize(
    conversations: Sequence[Conversation], tokenizer: Any, *, length: int, side: str
) -> Tokenized:
    """`tokenizer` is one of transformers. Raises BadWeights, EmptyDataset."""
    if not getattr(tokenizer, "chat_template", None):
        raise BadWeights("The base model's tokenizer has no chat template.")
    known: dict[Conversation, Tokens] = {}
    items, cut = [], 0
    for one in conversations:
        if one not in known:
            known[one] = tokens_of(one, tokenizer)
        whole = known[one]
        cut += len(whole.ids) > length
        items.append(Tokens(whole.ids[:length], whole.learned[:length]))
    kept = tuple(one for one in items if any(one.learned[1:]))
    if not kept:
        raise EmptyDataset(f"No answer of {side} is within {length} tokens.")
    return Tokenized(kept, cut, len(items) - len(kept))


def tokens_of(conversation: Conversation, tokenizer: Any) -> Tokens:
    """Raises BadWeights where the chat template refuses the conversation."""
    render = _renderer(tokenizer)
    ids = _ids(tokenizer, render(conversation, False).rstrip())
    learned = [False] * len(ids)
    for place, message in enumerate(conversation):
        if message.role != "assistant":
            continue
        start = _common(ids, _ids(tokenizer, render(conversation[:place], True)))
        end = _common(ids, _ids(tokenizer, render(conversation[: place + 1], False).rstrip()))
        learned[start:end] = [True] * (end - start)
    return Tokens(tuple(ids), tuple(learned))


def first_lines(train: Tokenized, job: LoraJob) -> list[str]:
    """What the log begins with."""
    said = f"{len(train.items)} conversations to train on"
    said += f", {train.cut} longer than {job.sequence_length} tokens" if train.cut else ""
    said += f", {train.left_out} left out: their answers are beyond" if train.left_out else ""
    return [said]


def _renderer(tokenizer: Any) -> Callable[[Sequence[Message], bool], str]:
    def render(messages: Sequence[Message], asking: bool) -> str:
        listed = [{"role": one.role, "content": one.content} for one in messages]
        try:
            return str(
                tokenizer.apply_chat_template(listed, tokenize=False, add_generation_prompt=asking)
            )
        except Exception as error:  # a template is a program and may raise anything
            raise BadWeights(f"The base model's chat template fails: {error}") from error

    return render


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
