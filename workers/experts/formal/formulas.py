"""Formulas as nested tuples, so that they travel to another process as they are."""

from collections.abc import Iterable
from typing import Any

# ("atom", name), ("not", f), ("and", *fs), ("or", *fs), ("implies", f, g), ("iff", f, g),
# ("less", x, y): the numbers that x and y stand for
Formula = tuple[Any, ...]


def atom(name: str) -> Formula:
    return ("atom", name)


def negated(formula: Formula) -> Formula:
    return ("not", formula)


def all_of(formulas: Iterable[Formula]) -> Formula:
    """True where there are none."""
    return ("and", *formulas)


def any_of(formulas: Iterable[Formula]) -> Formula:
    """False where there are none."""
    return ("or", *formulas)


def implies(first: Formula, second: Formula) -> Formula:
    return ("implies", first, second)


def iff(first: Formula, second: Formula) -> Formula:
    return ("iff", first, second)


def less(first: str, second: str) -> Formula:
    return ("less", first, second)
