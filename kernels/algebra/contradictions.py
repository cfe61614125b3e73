"""Conditions that cannot hold together, where plain comparisons show it.

Read are the comparisons of a CEL condition that are joined by `&&`: a path, or the size of one, and
a constant. Everything else is left aside, so what is not found here may still be impossible.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kernels.algebra.expression_types import Untold, type_of

_PATH = r"(?:input|output)(?:\.[A-Za-z_]\w*)+"
_COMPARED = re.compile(rf"({_PATH}|size\({_PATH}\))\s*(==|!=|<=|>=|<|>|in)\s*([^&|?]+)")
_YES_OR_NO = re.compile(rf"(!?)({_PATH})")
_COMPARES = re.compile(r"[<>=]|\bin\b")
_UNSPLIT = re.compile(r"\|\||\?|\{")


@dataclass(frozen=True)
class _Claim:
    """A term is one of `values`; or, when that is None, a number in a range."""

    term: str
    values: tuple[Any, ...] | None
    low: tuple[float, bool] = (-math.inf, True)  # bound, excluded
    high: tuple[float, bool] = (math.inf, True)


def contradiction(some: Iterable[str], others: Iterable[str]) -> str:
    """The first condition of each that cannot both hold, in words; empty when none is found."""
    theirs = [(text, claim) for text in others for claim in _claims(text)]
    for text in some:
        for mine in _claims(text):
            for their_text, claim in theirs:
                if mine.term == claim.term and _apart(mine, claim):
                    return f"`{text}` and `{their_text}` cannot both hold"
    return ""


def _claims(condition: str) -> list[_Claim]:
    bare = _without_texts(condition)
    parts = bare.split("&&")
    whole = all(part.count("(") == part.count(")") for part in parts)
    if not whole or len(parts) != len(condition.split("&&")) or _UNSPLIT.search(bare):
        return []
    found = [_claim(part.strip()) for part in condition.split("&&")]
    return [claim for claim in found if claim is not None]


def _without_texts(condition: str) -> str:
    return re.sub(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", "''", condition)


def _claim(text: str) -> _Claim | None:
    if said := _YES_OR_NO.fullmatch(text):
        return _Claim(said.group(2), (not said.group(1),))
    compared = _COMPARED.fullmatch(text)
    if compared is None:
        return None
    term, sign, text = compared.groups()
    try:
        value = _value(text)
    except (Untold, ValueError):
        return None
    if sign in ("==", "in"):
        listed = [value] if sign == "==" else value
        return _Claim(term, tuple(listed)) if isinstance(listed, list) else None
    if sign == "!=" or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if sign[0] == "<":
        return _Claim(term, None, high=(value, sign == "<"))
    return _Claim(term, None, low=(value, sign == ">"))


def _value(text: str) -> Any:
    if _COMPARES.search(_without_texts(text)):
        raise Untold("a comparison of a comparison")
    found = type_of(text, {})
    assert isinstance(found, dict), "with no variables, there are only constants"
    return found["const"]


def _apart(one: _Claim, other: _Claim) -> bool:
    if one.values is not None:
        return not any(_allows(other, value) for value in one.values)
    if other.values is not None:
        return not any(_allows(one, value) for value in other.values)
    low, high = max(one.low, other.low), _lower(one.high, other.high)
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1]))


def _lower(one: tuple[float, bool], other: tuple[float, bool]) -> tuple[float, bool]:
    return min(one, other, key=lambda bound: (bound[0], not bound[1]))


def _allows(claim: _Claim, value: Any) -> bool:
    if claim.values is not None:
        return any(_equal(value, one) for one in claim.values)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False  # CEL compares numbers with numbers only
    (low, above), (high, below) = claim.low, claim.high
    return low <= value <= high and not (above and value == low) and not (below and value == high)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other and isinstance(one, bool) == isinstance(other, bool)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
