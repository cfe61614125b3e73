r"""Reads a number that a short text surely states, for verifiers: `x = 9`, `$1,234.50`, `66.67%`.

The grammar is closed. A word, sign or bracket that it does not know may change the number ("not
400", "half of 400"), so the text is then not read at all. What only has to tell answers apart
may be laxer: see `numerals`.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from workers.experts.numerals import MOST_CHARS, MOST_DIGITS, NUMBER, TIMES

FEWEST_DECIMALS = 2  # of a number that stands for one with no end
FEWEST_SIGNIFICANT = 2  # digits of it

_HEDGE = r"(?:about|approximately|approx\.?|roughly|around|~|≈)"
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_CODES = {"usd": "dollar", "eur": "euro", "gbp": "pound", "jpy": "yen"}
_MONEY = re.compile(r"[$€£¥]|\b(?:usd|eur|gbp|jpy|dollar|euro|pound|yen)(?:s\b|\b)", re.IGNORECASE)
_SAID = re.compile(
    rf"(?P<hedge>{_HEDGE})?\s*(?:exactly\s+)?(?P<minus>[-−–+]|(?:minus|negative)\s+)?"
    rf"(?:(?P<money>[$€£¥])\s?)?(?P<minus2>[-−–])?(?P<number>{NUMBER})"
    rf"(?:e(?P<power>[+-]?\d{{1,3}}))?(?:\s*/\s*(?P<under>\d+))?"
    rf"(?:\s*(?P<times>{'|'.join(TIMES)}))?(?:\s*(?P<percent>%|percent))?"
    r"(?:\s*(?P<unit>[$€£¥]|(?:usd|eur|gbp|jpy)\b|(?:dollar|euro|pound)s?\b|yen\b))?",
    re.IGNORECASE,
)
_LATEX = (
    (
        re.compile(
            r"(?<![\d.})])\\[dt]?frac\s*\{\s*([-−]?\d+)\s*\}\s*\{\s*(\d+)\s*\}(?!\s*[\d({])"
        ),
        r"\1/\2",
    ),
    (re.compile(r"\\(?:text|mathrm|mbox)\s*\{([^{}]*)\}"), r" \1"),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\!"), ""),
    (re.compile(r"\\[,;: ]"), " "),
)
_JOINT = re.compile(r"\s*(?:(?<![<>!=:])=(?!=)|≈|\\approx\b|\bis\b|\bequals\b)\s*", re.IGNORECASE)
_LEAD = re.compile(r"(?:(?:so|thus|therefore|hence),?\s+)", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?:(?:the|its|our)\s+)?(?:(?:final|correct|exact)\s+)?"
    r"(?:answer|result|value|solution|sum|product|difference|quotient|total)|it|this|that|",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SaidNumber:
    """A number as it was written. `decimals` count for a percent sign, too: 66.67% has four."""

    value: Fraction
    decimals: int
    significant: int  # digits from the first that is not zero
    is_fraction: bool
    hedged: bool  # about 3.33

    @property
    def may_be_rounded(self) -> bool:
        """Whether it has digits enough to stand for a number with no end."""
        return (
            not self.is_fraction
            and self.decimals >= FEWEST_DECIMALS
            and self.significant >= FEWEST_SIGNIFICANT
        )

    @property
    def half_a_unit(self) -> Fraction:
        """Of its last digit: as far as rounding goes."""
        return Fraction(1, 2 * 10**self.decimals)


@dataclass(frozen=True)
class SaidEquality:
    """`x = 3/2 = 1.5`: what stands before the last sign, and what is behind it."""

    subjects: tuple[str, ...]  # without "the answer", "it" and their like
    said: str
    hedged: bool  # the last sign was ≈


def said_number(text: str, *, money: frozenset[str] = frozenset()) -> SaidNumber | None:
    """The number that a text is; None where it holds anything else.

    `money`: the currencies that a question names; where it names some, there can be no other.
    """
    if len(text) > MOST_CHARS:
        return None
    found = _SAID.fullmatch(_plain(text))
    if found is None or (found["minus"] and found["minus2"]) or (found["money"] and found["unit"]):
        return None
    currency = _currency(found["money"] or found["unit"] or "")
    in_words = bool(found["unit"]) and found["unit"].lower().rstrip("s") in _SIGNS.values()
    if currency and currency not in money and (money or in_words):
        return None
    digits, under = found["number"].replace(",", ""), found["under"]
    if len(digits) > MOST_DIGITS or len(under or "") > MOST_DIGITS or not int(under or 1):
        return None
    value = Fraction(digits) * Fraction(10) ** int(found["power"] or 0) / int(under or 1)
    value *= TIMES.get((found["times"] or "").lower(), 1)
    decimals = len(digits.partition(".")[2]) if not found["power"] and not found["times"] else 0
    if found["percent"]:
        value, decimals = value / 100, decimals + 2
    minus = (found["minus"] or found["minus2"] or "+").strip() != "+"
    return SaidNumber(
        -value if minus else value,
        decimals,
        len(digits.replace(".", "").lstrip("0")),
        under is not None,
        bool(found["hedge"]),
    )


def said_equality(text: str) -> SaidEquality:
    """Cuts a text at its equality signs and at "is"; what only leads to the number is dropped."""
    bare = text.strip().strip("*_`").strip()
    if len(bare) > 1 and bare.startswith("$") and bare.endswith("$"):
        bare = bare[1:-1]
    lead = _LEAD.match(bare)
    plain = bare[lead.end() :] if lead else bare
    pieces = _JOINT.split(plain)
    signs = _JOINT.findall(plain)
    before = tuple(p.strip() for p in pieces[:-1] if not _SUBJECT.fullmatch(p.strip()))
    return SaidEquality(
        before, pieces[-1].strip(), bool(signs) and signs[-1].strip() in ("≈", r"\approx")
    )


def money_in(prompt: str) -> frozenset[str]:
    """The currencies that a text names."""
    return frozenset(_currency(found) for found in _MONEY.findall(prompt))


def _plain(text: str) -> str:
    """Without the LaTeX that changes no number; what else there is of it stays, and is not read."""
    bare = text.strip().strip("*_`").strip()
    if len(bare) > 1 and bare.startswith("$") and bare.endswith("$"):
        bare = bare[1:-1]
    for pattern, put in _LATEX:
        bare = pattern.sub(put, bare)
    return bare.strip()


def _currency(text: str) -> str:
    low = text.lower().rstrip("s")
    return _SIGNS.get(low) or _CODES.get(low) or low
