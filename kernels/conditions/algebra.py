"""Whether two mathematical expressions are equal, by symbolic algebra (math-verify on SymPy)."""

import logging
import re

from kernels.conditions.isolated import NoResult, run_isolated

TIME_S = 2.0
MAX_CHARS = 4_000


class NotMath(ValueError):
    """What should be compared holds no expression."""


def equal(expected: str, found: str) -> bool:
    """Whether `found` (a number, LaTeX, or a sentence with one) equals `expected`.

    Raises NoResult, also when `expected` cannot be read.
    """
    if max(len(expected), len(found)) > MAX_CHARS:
        raise NoResult(f"more than {MAX_CHARS} characters")
    return bool(run_isolated(__name__, "equal_here", expected, found, within_s=TIME_S))


def equal_here(expected: str, found: str) -> bool:
    """`equal`, in this process and without a limit. Raises NotMath, and what SymPy raises."""
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns of the missing limit
    from math_verify import verify  # takes long to import, and runs in its own process only

    gold = _parsed(expected)
    if not gold:
        raise NotMath(f"{expected[:100]!r} is no mathematical expression")
    answer = _parsed(found)
    return bool(answer) and bool(verify(gold, answer, timeout_seconds=None))


def _parsed(text: str) -> list[object]:
    from math_verify import parse

    marked = text if "$" in text or "\\boxed" in text or _WORD.search(text) else f"${text}$"
    found: list[object] = parse(marked, parsing_timeout=None)
    return found


_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")  # of a sentence, in which only numbers are seen
