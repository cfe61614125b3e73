"""The 14 scalar features of a text that the router reads beside its embedding (row KA3)."""

import re

import numpy as np
from numpy.typing import NDArray

Scalars = NDArray[np.float32]

NAMES = (
    "length",  # characters, half at 400
    "words",  # half at 60
    "numbers",  # half at 4
    "math_symbols",  # half at 4
    "code_keywords",  # half at 3
    "logic_keywords",  # half at 3
    "question_words",  # half at 2
    "complexity",  # words a sentence, half at 20
    "mean_word_length",  # characters, half at 6
    "upper_case_ratio",  # of the letters
    "punctuation",  # share of the characters, x 4, at most 1
    "parentheses",  # of any kind, half at 4
    "quotes",  # half at 4
    "lexical_diversity",  # different words of all words
)
_HALVES = {
    "length": 400,
    "words": 60,
    "numbers": 4,
    "math_symbols": 4,
    "code_keywords": 3,
    "logic_keywords": 3,
    "question_words": 2,
    "complexity": 20,
    "mean_word_length": 6,
    "parentheses": 4,
    "quotes": 4,
}
_PUNCTUATION_SCALE = 4


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)|\n+")
_MATH = frozenset("+*/=<>^%√∑∫π×÷±≤≥≠∞²³")
_MARKS = frozenset(".,;:!?-–—…'\"“”‘’()[]{}")
_PARENTHESES = frozenset("()[]{}")
_QUOTES = frozenset('"“”«»`„')
_CODE = _listed(
    "algorithm api array bug class code compile debug def function html import integer java "
    "javascript json lambda list loop method module parse program python query recursion regex "
    "return script sort sql string test tests variable"
)
_LOGIC = _listed(
    "all and assume both conclude contradiction deduce either every exactly false follows hence if "
    "implies infer knave knight liar neither no none only or premise prove some statement "
    "syllogism then therefore true truth unless"
)
_QUESTION = _listed("what why how when where who whom whose which")


def text_features(text: str) -> Scalars:
    """Reads the features of `NAMES`: (14,) float32, each within [0, 1].

    A count x becomes x / (x + h), which is a half at h and never 1; ratios stay as they are.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    letters = sum(map(str.isalpha, text))
    sentences = sum(1 for part in _SENTENCE_END.split(text) if part.strip())
    raw = {
        "length": len(text),
        "words": len(words),
        "numbers": len(_NUMBER.findall(text)),
        "math_symbols": _count(text, _MATH),
        "code_keywords": sum(word in _CODE for word in words),
        "logic_keywords": sum(word in _LOGIC for word in words),
        "question_words": sum(word in _QUESTION for word in words),
        "complexity": len(words) / max(1, sentences),
        "mean_word_length": sum(map(len, words)) / max(1, len(words)),
        "upper_case_ratio": sum(map(str.isupper, text)) / max(1, letters),
        "punctuation": min(1.0, _PUNCTUATION_SCALE * _count(text, _MARKS) / max(1, len(text))),
        "parentheses": _count(text, _PARENTHESES),
        "quotes": _count(text, _QUOTES),
        "lexical_diversity": len(set(words)) / max(1, len(words)),
    }
    return np.array([_scaled(name, raw[name]) for name in NAMES], dtype=np.float32)


def _count(text: str, signs: frozenset[str]) -> int:
    return sum(sign in signs for sign in text)


def _scaled(name: str, value: float) -> float:
    half = _HALVES.get(name)
    return value if half is None else value / (value + half)
