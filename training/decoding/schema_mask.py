"""A JSON Schema as a mask over the next token, for models in this process (row X3).

llguidance derives which tokens may come next; the same schema is the grammar of the model servers
and what the verifier checks.
"""

from typing import Any

import llguidance.hf
import numpy as np
import torch
from llguidance import LLMatcher
from transformers import LogitsProcessor

from training.decoding.guidance import UnsupportedSchema, grammar_of


class TokenTable:
    """A tokenizer as llguidance sees it. Building one takes about a second: keep it."""

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        """`tokenizer` is a fast one of transformers.

        `vocabulary` is the width of the model's logits, which may exceed the tokenizer's.
        """
        self.table = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        self.vocabulary = vocabulary

    def matcher(self, schema: dict[str, Any]) -> LLMatcher:
        """Where a text under the schema begins. Raises UnsupportedSchema."""
        grammar = LLMatcher.grammar_from_lark(grammar_of(schema))
        matcher = LLMatcher(self.table, grammar, log_level=0)
        if matcher.is_error():
            raise UnsupportedSchema(matcher.get_error())
        return matcher


class SchemaMask(LogitsProcessor):
    """Leaves only tokens after which the text can still satisfy the schema.

    For one call of `generate`, greedy or sampled; beams would change places between the steps.
    """

    def __init__(self, table: TokenTable, schema: dict[str, Any]) -> None:
        """Raises UnsupportedSchema."""
        self._start = table.matcher(schema)
        self._matchers: list[LLMatcher] = []
        self._vocabulary = table.vocabulary

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> Any:
        """`input_ids` (batch, length), prompt included; `scores` (batch, vocabulary), logits."""
        if not self._matchers:
            self._matchers = [self._start.deep_copy() for _ in range(len(input_ids))]
        else:
            for matcher, token in zip(self._matchers, input_ids[:, -1].tolist(), strict=True):
                if not matcher.is_stopped() and not matcher.consume_token(token):
                    raise UnsupportedSchema(matcher.get_error())
        allowed = np.stack([self._allowed(matcher) for matcher in self._matchers])
        mask = torch.from_numpy(allowed).to(scores.device)
        return scores.masked_fill(~mask, float("-inf"))

    def _allowed(self, matcher: LLMatcher) -> np.ndarray:
        bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
        return np.unpackbits(bits, bitorder="little")[: self._vocabulary].astype(bool)
