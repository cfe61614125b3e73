"""Two texts side by side, with what differs marked."""

import re
from typing import Any

from kernels.word_diff import HIDDEN, MOST_WORDS, word_diff


def marked(text: str) -> Any:
    """The marked words by tag, without what only readers of the page hear."""
    heard = re.sub(rf'<span style="{re.escape(HIDDEN)}">.*?</span>', "", text)
    return re.findall(r"<(ins|del)[^>]*>(.*?)</\1>", heard, re.DOTALL)


def test_each_side_marks_what_only_it_has() -> None:
    before, after = word_diff("5 km are 5000 m.", "5 km are 500 m.")
    assert marked(before) == [("del", "5000")]
    assert marked(after) == [("ins", "500")]


def test_an_address_or_a_number_is_one_word() -> None:
    before, after = word_diff('{"to": "x@y.org", "sum": 5,000.5}', '{"to": "bob@x.org", "sum": 5}')
    assert marked(before) == [("del", "x@y.org"), ("del", "5,000.5")]
    assert marked(after) == [("ins", "bob@x.org"), ("ins", "5")]


def test_equal_texts_have_no_marks() -> None:
    assert [marked(side) for side in word_diff("the same", "the same")] == [[], []]


def test_what_was_added_is_marked_on_its_side_alone() -> None:
    before, after = word_diff("red", "red car")
    assert marked(before) == []
    assert marked(after) == [("ins", " car")]


def test_a_mark_is_said_in_words_too() -> None:
    before, after = word_diff("a", "b")
    assert "[only before: " in before
    assert "[only after: " in after


def test_texts_are_escaped() -> None:
    before, after = word_diff("<script>x</script>", "<b>y</b>")
    for side in (before, after):
        assert "<script>" not in side
        assert "<b>" not in side
    assert "&lt;" in before


def test_long_texts_are_shown_without_marks() -> None:
    before, after = word_diff("word " * MOST_WORDS, "other " * MOST_WORDS)
    assert marked(before) == marked(after) == []
    assert "other" in after
