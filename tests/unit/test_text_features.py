"""The router's scalar features: fourteen numbers within [0, 1], each about what its name says."""

import numpy as np
import pytest

from training.policy.text_features import NAMES, text_features


def feature(text: str, name: str) -> float:
    return float(text_features(text)[NAMES.index(name)])


@pytest.mark.parametrize("text", ["", " ", "a", "?" * 5000, "WORD " * 9000, "日本語の質問", "3\n4"])
def test_every_text_has_fourteen_features_within_bounds(text: str) -> None:
    found = text_features(text)
    assert found.shape == (14,)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize(
    ("name", "more", "less"),
    [
        ("length", "a long text of many letters", "short"),
        ("words", "one two three", "one"),
        ("numbers", "add 3, 4.5 and 1,000", "add three"),
        ("math_symbols", "2 + 2 = 4", "two and two is four"),
        ("code_keywords", "Write a Python function with a loop", "Write a poem about the sea"),
        ("logic_keywords", "If all knights lie then none is true", "The sea is blue"),
        ("question_words", "Why and how?", "Because"),
        ("complexity", "one two three four five six seven", "One. Two. Three. Four. Five."),
        ("mean_word_length", "extraordinary circumstances", "a cat sat"),
        ("upper_case_ratio", "NASA AND ESA", "nasa and esa"),
        ("punctuation", "Well, yes; no: perhaps!", "well yes no perhaps"),
        ("parentheses", "f(x[0])", "f x 0"),
        ("quotes", 'He said "no" and "yes"', "He said no and yes"),
        ("lexical_diversity", "all words here differ", "same same same same"),
    ],
)
def test_each_feature_grows_with_what_it_is_named_for(name: str, more: str, less: str) -> None:
    assert feature(more, name) > feature(less, name)


def test_a_count_is_a_half_where_the_caption_says_so() -> None:
    assert feature("1 2 3 4", "numbers") == pytest.approx(0.5)
    assert feature("a" * 400, "length") == pytest.approx(0.5)
