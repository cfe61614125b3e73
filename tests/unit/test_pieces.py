"""A whole text is told in pieces of some words, which together are the text."""

import time

import pytest

from workers.pieces import pieces

LATEST_S = 20


@pytest.mark.parametrize(
    "text",
    ["", " ", "one", "a b\n\nc  ", "  a", "one two three four five six seven eight nine ten "],
)
def test_the_pieces_together_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_a_piece_has_eight_words_and_blanks_at_the_end_go_with_the_last() -> None:
    assert list(pieces("a b c d e f g h i  \n")) == ["a b c d e f g h", " i  \n"]
    assert list(pieces("a b c d e f g h \n")) == ["a b c d e f g h \n"]


@pytest.mark.parametrize("word", ["_" * 40, "abcdefghijklmnop", "x" + " " * 5_000, "\n" * 100_000])
def test_long_words_and_blanks_are_cut_in_one_pass(word: str) -> None:
    started = time.process_time()
    text = f"{word} " * 200
    assert "".join(pieces(text)) == text
    assert time.process_time() - started < LATEST_S
