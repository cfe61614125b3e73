"""Embeddings of texts, each computed once; what is new in a call is embedded as one batch."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from kernels.encoder import DIMENSIONS, Vector

EmbedTexts = Callable[[Sequence[str]], Sequence[Vector]]
KEPT = 20_000  # vectors of 1.5 kB


class TextVectors:
    """Remembers the last `kept` vectors that were asked for. Safe to share between threads."""

    def __init__(self, embed_texts: EmbedTexts, kept: int = KEPT) -> None:
        self._embed_texts = embed_texts
        self._kept = kept
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._lock = Lock()

    def of(self, texts: Sequence[str]) -> dict[str, Vector]:
        """(384,) for each text."""
        wanted = dict.fromkeys(texts)
        with self._lock:
            found = {text: self._known[text] for text in wanted if text in self._known}
        new = [text for text in wanted if text not in found]
        if new:
            found |= dict(zip(new, self._embed_texts(new), strict=True))
        with self._lock:
            for text in wanted:
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
        return found

    def matrix(self, texts: Sequence[str]) -> Vector:
        """(n, 384), in the order of the texts."""
        found = self.of(texts)
        return np.array([found[text] for text in texts], np.float32).reshape(-1, DIMENSIONS)
