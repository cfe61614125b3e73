"""Symbolic equality, without limits: for a process of its own, since math-verify loads SymPy."""

import logging
import re

from math_verify import parse, verify

logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns of the missing limit

_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")  # of a sentence, in which only numbers are seen


class NotMath(ValueError):
    """What should be compared holds no expression."""


def equal(expected: str, found: str) -> bool:
    """Whether `found` equals `expected`. Raises NotMath, and what SymPy raises."""
    gold = _parsed(expected)
    if not gold:
        raise NotMath(f"{expected[:100]!r} is no mathematical expression")
    answer = _parsed(found)
    return bool(answer) and bool(verify(gold, answer, timeout_seconds=None))


def _parsed(text: str) -> list[object]:
    marked = text if "$" in text or "\\boxed" in text or _WORD.search(text) else f"${text}$"
    found: list[object] = parse(marked, parsing_timeout=None)
    return found
