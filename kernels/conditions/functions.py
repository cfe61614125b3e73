"""The functions that CEL expressions may call beside CEL's own.

All are methods, of a text or of a list. Those of a list of numbers raise on an empty one, but for
`sum` and `product`.
"""

import json
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from kernels.arithmetic import arithmetic
from kernels.matching import words


def has_word(text: str, word: str) -> bool:
    """Whether a word of the text is this one, in whatever case; "surplus" has no "plus"."""
    return word.lower() in _vocabulary(text)


@lru_cache(maxsize=16)
def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(words(text))


def has_phrase(text: str, phrase: str) -> bool:
    """Whether the text has these very words, not as a part of longer ones."""
    if not phrase:
        return False
    at = text.find(phrase)
    while at >= 0:
        around = text[max(0, at - 1) : at] + text[at + len(phrase) : at + len(phrase) + 1]
        if not any(character.isalnum() for character in around):
            return True
        at = text.find(phrase, at + 1)
    return False


def title_case(text: str) -> str:
    """The first letter of each word large, the others small."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


def occurrences(text: str, part: str) -> int:
    """How often a part stands in the text, without overlaps; 0 for an empty part."""
    return text.count(part) if part else 0


def mean(numbers: list[float]) -> float:
    return math.fsum(numbers) / len(numbers)


def distinct(items: list[Any]) -> list[Any]:
    """Each item once, in the order of the first of its kind."""
    first: dict[str, Any] = {}
    for item in items:
        first.setdefault(json.dumps(item, sort_keys=True), item)
    return list(first.values())


def product(numbers: list[float]) -> float:
    return math.prod(map(float, numbers))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "hasWord": has_word,
    "hasPhrase": has_phrase,
    "lowerAscii": str.lower,
    "upperAscii": str.upper,
    "titleCase": title_case,
    "occurrences": occurrences,
    "arithmetic": arithmetic,
    "sum": math.fsum,
    "product": product,
    "min": min,
    "max": max,
    "mean": mean,
    "sorted": sorted,
    "distinct": distinct,
}
