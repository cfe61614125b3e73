"""A causal language model in this process: the embedded weights, or any that transformers loads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessorList

from kernels.decoding.rounds import hold
from training.decoding.schema_mask import SchemaMask, TokenTable


@dataclass(frozen=True)
class Written:
    """What the model wrote, in how many rounds, and the tokens of all of them.

    `finish_reason` is `length`, too, when the text is at a bound that only the tokens set.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str  # stop | length
    rounds: int = 1


class LocalModel:
    """Generates greedily, under a JSON Schema or freely. One prompt at a time."""

    def __init__(self, path: Path) -> None:
        """`path` is a GGUF file (its weights are unpacked) or a transformers directory."""
        where = {"gguf_file": path.name} if path.suffix == ".gguf" else {}
        folder = path.parent if where else path
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, **where)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **where)
        self.model = model.eval()
        self._table = TokenTable(self.tokenizer, self.model.config.vocab_size)

    def complete(
        self,
        messages: list[dict[str, Any]],
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
    ) -> Written:
        """Raises UnsupportedSchema."""
        if schema is None:
            return self._write(messages, max_tokens, [])
        held = hold(
            schema,
            max_tokens,
            lambda grammar: self._write(messages, max_tokens, [SchemaMask(self._table, grammar)]),
        )
        return Written(
            held.text,
            sum(draft.prompt_tokens for draft in held.drafts),
            sum(draft.completion_tokens for draft in held.drafts),
            held.finish_reason,
            len(held.drafts),
        )

    @torch.inference_mode()
    def _write(
        self, messages: list[dict[str, Any]], max_tokens: int, masks: list[SchemaMask]
    ) -> Written:
        given = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        ids = self.model.generate(
            **given,
            max_new_tokens=max_tokens,
            do_sample=False,
            logits_processor=LogitsProcessorList(masks),
            pad_token_id=self.tokenizer.eos_token_id,
        )
        before = given["input_ids"].shape[1]
        written = ids[0, before:]
        ended = bool(len(written)) and int(written[-1]) == self.tokenizer.eos_token_id
        text = self.tokenizer.decode(written, skip_special_tokens=True)
        return Written(text, before, len(written), "stop" if ended else "length")
