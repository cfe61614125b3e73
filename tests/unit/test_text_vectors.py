"""Each text is embedded once, and what is new in a call goes to the encoder together."""

from collections.abc import Sequence

import numpy as np

from kernels.encoder import Vector
from training.splits import is_held_out, query_digest
from training.text_vectors import TextVectors


class Counting:
    """An encoder that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> list[Vector]:
        self.asked.append(list(texts))
        return [np.full(384, len(text), np.float32) for text in texts]


def test_known_texts_are_not_embedded_again() -> None:
    encoder = Counting()
    vectors = TextVectors(encoder)
    assert vectors.matrix(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
    vectors.of(["bb", "ccc"])
    assert encoder.asked == [["a", "bb"], ["ccc"]]
    assert vectors.matrix([]).shape == (0, 384)


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    encoder = Counting()
    vectors = TextVectors(encoder, kept=2)
    vectors.of(["a", "b"])
    vectors.of(["a"])
    vectors.of(["c"])
    vectors.of(["a"])
    vectors.of(["b"])
    assert encoder.asked == [["a", "b"], ["c"], ["b"]]
    assert len(vectors.of(["x", "y", "z"])) == 3  # more than are kept


def test_spelling_variants_of_a_query_stay_on_one_side() -> None:
    assert query_digest("What  is 2+2?\n") == query_digest("what is 2+2?")
    assert query_digest("What is 2+3?") != query_digest("what is 2+2?")


def test_a_quarter_of_the_queries_is_held_out() -> None:
    held = sum(is_held_out(query_digest(f"query {n}")) for n in range(4000))
    assert 900 < held < 1100
