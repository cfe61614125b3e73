"""Cuts prose into numbers, signs and words, so that the arithmetic written in it can be found."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from workers.experts.numerals import MOST_DIGITS, NUMBER
from workers.experts.word_lists import words

TokenKind = Literal[
    "number", "operator", "open", "close", "percent", "equals", "word", "odd", "break"
]

_ODD = (
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}|\d+(?::\d+)+|\d+(?:\.\d+){2,}"
    r"|\d+-\d{3,}(?:-\d+)*(?=\D|$)(?!\s*=)"
)
_TOKEN = re.compile(
    rf"(?P<comparison><=|>=|!=|=>|->|<-|≤|≥|≠|<|>)|(?P<equals>={{1,3}}|≈|~=|≅)"
    rf"|(?P<odd>{_ODD})|(?P<number>{NUMBER})(?P<tail>[A-Za-z_][\w]*)?"
    r"|(?P<operator>\*\*|[-+*/^×÷−–·⋅])|(?P<power>[²³])|(?P<open>[(\[{])|(?P<close>[)\]}])"
    r"|(?P<percent>%)|(?P<currency>[$€£¥])|(?P<word>[A-Za-z][A-Za-z'’_-]*\d*)"
    r"|(?P<line>\s*\n\s*)|(?P<space>[^\S\n]+)|(?P<other>.)",
    re.DOTALL,
)
_LATEX = (
    (re.compile(r"<<[^<>]*>>"), ""),
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\(?:text|mathrm|mbox)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\(?:times|cdot)(?![a-z])"), "×"),
    (re.compile(r"\\div(?![a-z])"), "÷"),
    (re.compile(r"\\approx(?![a-z])"), "≈"),
    (re.compile(r"\\(?:left|right|quad|,|;|!| )"), ""),
    (re.compile(r"\\boxed\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\[()\[\]]"), " "),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\*\*(?=[^*\n]*[A-Za-z]{2}[^*\n]*\*\*)([^*\n]*)\*\*"), r" \1 "),  # bold words
    (re.compile(r"^[ \t]*(?:[-*•+]|\d{1,2}[.)])[ \t]+", re.MULTILINE), ""),  # marks of a list
)
_SIGNS = {"**": "^", "×": "*", "÷": "/", "−": "-", "–": "-", "·": "*", "⋅": "*"}
_WORD_SIGNS = {"plus": "+", "minus": "-", "times": "*"}
_SHORT_UNITS = words("km m cm mm kg g mg l ml h hr hrs s sec secs min mins mph lb lbs ft oz")
_TIMES = re.compile(r"[xX](?=\s*[\d$€£(])")
_BREAKS = frozenset(",.;:?\"“”'…—")


@dataclass(frozen=True)
class Token:
    """A piece of a text; `odd` ones belong to what is no plain arithmetic."""

    kind: TokenKind
    text: str
    value: Fraction = Fraction(0)
    spaced: bool = False


def tokens(text: str) -> list[Token]:
    """All of a text; currencies are left out; a line that begins with = goes on with the last."""
    for pattern, put in _LATEX:
        text = pattern.sub(put, text)
    found: list[Token] = []
    at, spaced = 0, True
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # the last alternative takes anything
        at = match.end()
        said, kind = match.group(), match.lastgroup
        if kind in ("space", "currency"):
            spaced = spaced or kind == "space"
            continue
        if kind == "line":
            if not re.match(r"[=≈]", text[at : at + 1]):
                found.append(Token("break", "\n"))
            spaced = True
            continue
        if match["number"] is not None:
            token, back = _number(match["number"], match["tail"] or "", text, at, spaced)
            at -= back
        elif kind == "word":
            token, at = _word(said, text, at, spaced, found)
        else:
            token = _sign(kind or "other", said, spaced)
        found.extend(token)
        spaced = False
    return found


def _number(digits: str, tail: str, text: str, at: int, spaced: bool) -> tuple[list[Token], int]:
    """The tokens of a number, and how many characters of its tail are left to read."""
    if len(digits) > MOST_DIGITS:
        return [Token("odd", digits)], 0
    number = Token("number", digits, Fraction(digits.replace(",", "")), spaced)
    start = at - len(tail)
    if not tail:
        return [number], 0
    if _TIMES.match(text, start):
        return [number, Token("operator", "*")], len(tail) - 1
    if tail.lower() in _SHORT_UNITS:
        return [number, Token("word", tail.lower())], 0
    return [Token("odd", digits + tail)], 0


def _word(
    said: str, text: str, at: int, spaced: bool, before: list[Token]
) -> tuple[list[Token], int]:
    low = said.lower()
    operand = bool(before) and before[-1].kind in ("number", "close", "percent", "word")
    if low == "x" and operand and re.match(r"\s*[\d$€£(]", text[at:]):
        return [Token("operator", "*", spaced=spaced)], at
    if low == "percent":
        return [Token("percent", "%")], at
    by = re.match(r"\s+by\b", text[at:])
    if low in ("divided", "multiplied") and by:
        return [Token("operator", "/" if low == "divided" else "*")], at + by.end()
    if low in _WORD_SIGNS:
        return [Token("operator", _WORD_SIGNS[low], spaced=True)], at
    if text[at : at + 1] == "(" or said[-1].isdigit() or "_" in said:
        return [Token("odd", said)], at
    if len(said) == 1 and said not in "aIA" and said.lower() not in _SHORT_UNITS:
        return [Token("odd", said)], at
    return [Token("word", low, spaced=spaced)], at


def _sign(kind: str, said: str, spaced: bool) -> list[Token]:
    if kind == "power":
        power = Fraction(2 if said == "²" else 3)
        return [Token("operator", "^"), Token("number", said, power)]
    if kind == "operator":
        return [Token("operator", _SIGNS.get(said, said), spaced=spaced)]
    if kind == "equals":
        return [Token("equals", "=" if said.strip("=") == "" else "≈")]
    if kind == "comparison" or said in _BREAKS:
        return [Token("break", said)]
    if kind == "open":
        return [Token("open", said, spaced=spaced)]
    if kind == "close":
        return [Token("close", said)]
    if kind == "percent":
        return [Token("percent", said)]
    return [Token("odd", said)]
