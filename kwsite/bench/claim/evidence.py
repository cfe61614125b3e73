"""Train prompts with answers that were accepted, and how to retrieve them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import bm25s
import numpy as np

from kernels.encoder import Vector, embed

SHOWN = 4  # worked examples in a prompt

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Evidence:
    """A prompt and the answer that a check, or the app, accepted."""

    prompt: str
    answer: Any


class Retrieval(Protocol):
    """What retrieval finds for a prompt, best first."""

    def by_words(self, prompt: str) -> list[Evidence]: ...

    def by_meaning(self, prompt: str) -> list[Evidence]: ...


@dataclass(frozen=True)
class Index:
    """The evidence of one app's call, for retrieval by words or by meaning."""

    evidence: tuple[Evidence, ...]

    def build(self) -> None:
        """Does now what the first retrieval of each kind would wait for."""
        self.by_words("")
        self.by_meaning("")

    def by_words(self, prompt: str) -> list[Evidence]:
        """BM25, best first."""
        if not self.evidence:
            return []
        known = [word for word in _words(prompt) if word in self._bm25.vocab_dict]
        scores = self._bm25.get_scores(known) if known else np.zeros(len(self.evidence))
        return self._best(scores)

    def by_meaning(self, prompt: str) -> list[Evidence]:
        """Cosine of the service's own encoder, best first."""
        if not self.evidence:
            return []
        return self._best(self._vectors @ embed(prompt))

    def _best(self, scores: Any) -> list[Evidence]:
        order = np.argsort(-np.asarray(scores), kind="stable")[:SHOWN]
        return [self.evidence[position] for position in order]

    @cached_property
    def _bm25(self) -> Any:
        index = bm25s.BM25()
        index.index([_words(one.prompt) for one in self.evidence], show_progress=False)
        return index

    @cached_property
    def _vectors(self) -> Vector:
        return np.stack([embed(one.prompt) for one in self.evidence])


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text.lower())
