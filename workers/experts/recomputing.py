"""Computes the equalities of numbers in a text again: `12 * 3 = 36`, `$5 + $3 = 16 / 2 = $8`.

Doubt is no alarm: where words beside a wrong equality could explain it ("half of", "dozen", hours
next to minutes, a rounded number), it counts as not checked. So a wrong sum may go unseen there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from workers.experts.arithmetic_words import (
    ACTING,
    AFTER_OF,
    HEDGES,
    JOINING,
    LEADING,
    MANIFOLD,
    MEASURES,
    SHARES,
)
from workers.experts.numerals import shown
from workers.experts.polynomials import Part, Unreadable, polynomial_of
from workers.experts.sums import Token, tokens

Outcome = Literal["holds", "wrong", "doubtful"]

MOST_UNIT_WORDS = 4
MOST_CHARS = 20_000
CLOSE = Fraction(1, 100)  # between values of which one was rounded, by the size of the value
ABOUT = Fraction(1, 20)  # where it says "about"

_THOUSANDS = re.compile(r"\b(?:dozens?|hundreds?|thousands?|millions?|billions?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Equality:
    """One equality that a text states."""

    text: str
    outcome: Outcome
    right: str = ""  # what its left side comes to, where it is wrong


@dataclass(frozen=True)
class _Run:
    """An expression amid words."""

    parts: tuple[Part, ...]
    text: str
    units: frozenset[str] = frozenset()
    cut: bool = False  # something that belongs to it could not be read
    odd: bool = False  # words beside it may change its value

    @property
    def computes(self) -> bool:
        return any(part.kind == "operator" for part in self.parts[1:])

    @property
    def adds(self) -> bool:
        return any(part.text in ("+", "-") for part in self.parts[1:])

    @property
    def decimals(self) -> int:
        texts = [p.text for p in self.parts if p.kind == "number"]
        return max((len(text.partition(".")[2]) for text in texts), default=0)

    @property
    def is_whole(self) -> bool:
        return not self.computes and not self.decimals

    def value(self, *, percent: bool = True) -> Fraction:
        return polynomial_of(self.parts, percent=percent).constant


def equalities(text: str) -> list[Equality]:
    """Those with a computation on at least one side, and numbers alone on both."""
    found: list[Equality] = []
    clause: list[Token] = []
    for token in [*tokens(text[:MOST_CHARS]), Token("break", "")]:
        if token.kind != "break":
            clause.append(token)
            continue
        found += _of_clause(clause)
        clause = []
    return [_unless_manifold(equality, text) for equality in found]


def _unless_manifold(equality: Equality, text: str) -> Equality:
    """5 thousand are lost a day, so 5 * 3 = 15,000 in three: there is doubt."""
    doubt = equality.outcome == "wrong" and _THOUSANDS.search(text)
    return replace(equality, outcome="doubtful") if doubt else equality


def _of_clause(clause: Sequence[Token]) -> list[Equality]:
    signs = [n for n, token in enumerate(clause) if token.kind == "equals"]
    found = []
    for n, at in enumerate(signs):
        start = signs[n - 1] + 1 if n else 0
        end = signs[n + 1] if n + 1 < len(signs) else len(clause)
        left, right = _last_run(clause[start:at]), _first_run(clause[at + 1 : end])
        named = any(token.kind == "word" for token in clause[start:at])  # Step 1 = 5 + 3
        if left is None or right is None or left.cut or right.cut:
            continue
        if left.computes or right.computes:
            hedged = clause[at].text == "≈" or clause[at + 1].text in HEDGES
            odd = left.odd or right.odd or (named and not left.computes)
            equality = _compared(left, right, hedged=hedged, odd=odd)
            if equality:
                found.append(equality)
    return found


def _compared(left: _Run, right: _Run, *, hedged: bool, odd: bool) -> Equality | None:
    text = f"{left.text} = {right.text}"
    try:
        values = {
            (left.value(percent=p), right.value(percent=q)) for p, q in _percents(left, right)
        }
        exact = left.value()
        values |= {(exact, lead) for lead in _leads(right)}
        values |= {(_by_fraction(left), right.value())}
    except Unreadable:
        return None
    if any(a == b or _rounds_to(a, b, left, right, hedged=hedged) for a, b in values):
        return Equality(text, "holds")
    near = min(abs(a - b) for a, b in values)
    rounded = left.decimals or (right.decimals and right.computes)
    explained = (
        odd
        or (left.adds and len((left.units | right.units) & MEASURES) > 1)
        or (rounded and near <= CLOSE * abs(exact))
        or (exact.denominator != 1 and near <= Fraction(1, 2) and right.is_whole)
    )
    return Equality(text, "doubtful" if explained else "wrong", shown(exact))


def _percents(left: _Run, right: _Run) -> list[tuple[bool, bool]]:
    """Ways to read percent signs: 15 / 60 * 100 = 25% and 40% + 20% = 60 are common."""
    ways = [(True, True)]
    if not right.computes:
        ways.append((True, False))
    if not any(part.text in ("*", "/") for part in left.parts):
        ways += [(False, False)]
    return ways


def _leads(right: _Run) -> list[Fraction]:
    """The first number of what goes on computing: 3 + 4 = 7 * 2 = 14."""
    first = right.parts[0]
    return [first.value] if first.kind == "number" and right.computes else []


def _by_fraction(left: _Run) -> Fraction:
    """Its value where the fraction at its end is one number: 60 / 3/4 = 80."""
    parts = left.parts
    if [part.text for part in parts[-4:] if part.kind == "operator"] != ["/", "/"]:
        return left.value()
    fraction = (Part("open"), *parts[-3:], Part("close"))
    return polynomial_of((*parts[:-3], *fraction)).constant


def _rounds_to(a: Fraction, b: Fraction, left: _Run, right: _Run, *, hedged: bool) -> bool:
    if hedged:
        return abs(a - b) <= max(ABOUT * abs(a), Fraction(1, 2) if right.is_whole else Fraction())
    alone = right if not right.computes else left
    return bool(alone.decimals) and abs(a - b) < Fraction(1, 10**alone.decimals)


def _last_run(side: Sequence[Token]) -> _Run | None:
    """The expression in which a side ends."""
    for start in range(len(side)):
        run, behind = _run_at(side, start)
        if run is not None and behind == len(side):
            before = side[start - 1] if start else None
            if before is None:
                return run
            cut = run.cut or before.kind in (
                "operator",
                "odd",
                "open",
                "number",
                "percent",
                "close",
            )
            odd = run.odd or _acts([token.text for token in side[max(0, start - 2) : start]])
            return _Run(run.parts, run.text, run.units, cut, odd)
    return None


def _acts(before: Sequence[str]) -> bool:
    """Whether the words before a sum may change it: twice 3 + 4, half of 10 + 6."""
    if before[-1] == "of":
        return len(before) > 1 and before[0] in SHARES
    return before[-1] in ACTING | MANIFOLD


def _first_run(side: Sequence[Token]) -> _Run | None:
    """The expression with which a side begins."""
    start = 0
    while start < len(side) and side[start].text in LEADING:
        start += 1
    run, behind = _run_at(side, start)
    if run is None:
        return None
    after = side[behind] if behind < len(side) else None
    cut = run.cut or (after is not None and after.kind in ("operator", "odd", "open", "close"))
    odd = any(t.text in MANIFOLD for t in side[behind : behind + 2])
    return _Run(run.parts, run.text, run.units, cut, run.odd or odd)


def _run_at(side: Sequence[Token], start: int) -> tuple[_Run | None, int]:
    """The longest expression from here on, and where it ends; units of numbers are read over."""
    parts: list[Part] = []
    texts: list[str] = []
    units: set[str] = set()
    depth, at, whole, odd = 0, start, (0, 0, start), False
    while at < len(side):
        token = side[at]
        operand = bool(parts) and parts[-1].kind in ("number", "close", "percent")
        if token.kind == "word" and token.text == "of" and _is_share(parts):
            parts.append(Part("operator", "*"))
            texts.append("of")
            at += 1
            while at < len(side) and side[at].text in AFTER_OF:
                at += 1
            continue
        if token.kind == "operator" and at + 1 < len(side) and _is_per(side, at) and operand:
            at += 2
        elif token.kind == "word":
            if not operand or token.text in JOINING:
                break
            at, said = _units(side, at)
            units |= {_singular(word) for word in said}
            odd = odd or bool(said & MANIFOLD)
            if at < len(side) and side[at].kind in ("number", "open", "odd"):
                break
        elif token.kind == "number" and not operand:
            parts.append(Part("number", token.text, token.value))
            texts.append(token.text)
            at += 1
        elif token.kind == "open":
            odd = odd or (operand and token.spaced)
            parts.append(Part("open", token.text))
            texts.append(token.text)
            depth, at = depth + 1, at + 1
        elif token.kind == "close" and depth and operand:
            parts.append(Part("close", token.text))
            texts.append(token.text)
            depth, at = depth - 1, at + 1
        elif token.kind == "percent" and operand:
            parts.append(Part("percent", "%"))
            texts.append("%")
            at += 1
        elif token.kind == "operator" and (operand or _is_sign(side, at)):
            parts.append(Part("operator", token.text))
            texts.append(token.text)
            at += 1
        else:
            break
        if parts and parts[-1].kind in ("number", "close", "percent") and not depth:
            whole = (len(parts), len(texts), at)
    count, _, end = whole
    if not count:
        return None, start
    run = _Run(tuple(parts[:count]), " ".join(texts[:count]), frozenset(units), odd=odd)
    return run, end


def _units(side: Sequence[Token], at: int) -> tuple[int, frozenset[str]]:
    """Past the words behind a number, as far as they can be its unit; the words."""
    end = at
    while end < len(side) and side[end].kind == "word" and end - at < MOST_UNIT_WORDS:
        if side[end].text in JOINING:
            break
        end += 1
    return end, frozenset(token.text for token in side[at:end])


def _is_share(parts: Sequence[Part]) -> bool:
    """Whether "of" behind this multiplies: 20% of, 1/2 of."""
    if parts and parts[-1].kind == "percent":
        return True
    kinds = [(part.kind, part.text if part.kind == "operator" else "") for part in parts[-3:]]
    return kinds == [("number", ""), ("operator", "/"), ("number", "")]


def _is_per(side: Sequence[Token], at: int) -> bool:
    """A unit such as $5/pound."""
    return side[at].text == "/" and side[at + 1].kind == "word"


def _is_sign(side: Sequence[Token], at: int) -> bool:
    """Whether a minus belongs to the number behind it."""
    if side[at].text != "-" or at + 1 >= len(side):
        return False
    following = side[at + 1]
    return following.kind in ("number", "open", "operator") and not following.spaced


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
