"""The roots that an answer names, and whether a number is one of a polynomial's, or is rounded."""

import re
from fractions import Fraction

from workers.experts.polynomials import Polynomial
from workers.experts.said_numbers import SaidEquality, SaidNumber, said_equality

MOST_STEPS = 60
MOST_UNDER = 10**20  # of a fraction on the way to a root
NEAR = Fraction(1, 10**12)  # steps that are smaller end the way
SMALL_UNDER = 10**6  # of a root that is a fraction

_SPLIT = re.compile(r"\s*(?:,\s*(?:and|or)\b|;|\bor\b|\band\b|,)\s*")
_SPLIT_ONE = re.compile(r"\s*(?:;|\bor\b|\band\b|,(?!\d{3}(?!\d)))\s*")  # 1,200 is one number
_SET = re.compile(r"(?:(?P<name>[A-Za-z])\s*(?:∈|\\in\b)\s*)?\\?\{(?P<all>[^{}]*)\}", re.DOTALL)
_BOTH = re.compile(r"±|\\pm\b|\+/-|\+-")
_LEAD = re.compile(
    r"(?:the )?(?:real )?(?:solutions?|roots?|answers?) (?:are|is):? ", re.IGNORECASE
)


def root_texts(answer: str, unknown: str, *, one: bool) -> list[SaidEquality]:
    """What each piece of an answer says of the unknown; its subjects are those that do not name it.

    Empty where the pieces cannot be told apart.
    `one`: whether there can be one root alone.
    """
    text = answer.strip().strip("*_`").strip()
    if text.startswith("$") and text.endswith("$") and text.count("$") == 2:
        text = text[1:-1].strip()
    lead = _LEAD.match(text)
    if lead:
        text = text[lead.end() :].strip()
    listed = _SET.fullmatch(text)
    if listed:
        if listed["name"] and listed["name"].lower() != unknown.lower():
            return []
        text = listed["all"].removesuffix("\\")
    said_of = (_SPLIT_ONE if one else _SPLIT).split(text)
    if not all(said_of):  # 9 or
        return []
    found = []
    for piece in said_of:
        equality = said_equality(piece)
        values = tuple(one for one in equality.subjects if not _names(unknown, one))
        signs = _BOTH.findall(equality.said)
        if len(signs) > 1 or (signs and values):
            return []
        for sign in ("+", "-") if signs else ("",):
            said = _BOTH.sub(sign, equality.said).strip()
            found.append(SaidEquality(values, said.removeprefix("+").strip(), equality.hedged))
    return found


def _names(unknown: str, subject: str) -> bool:
    pattern = rf"(?:the value of )?{unknown}(?:_?\{{?[\d₁₂₃₄₅₆]\}}?)?"
    return bool(re.fullmatch(pattern, subject.strip("$ "), re.IGNORECASE))


def root_said(polynomial: Polynomial, number: SaidNumber) -> Fraction | None:
    """The root that a number is or is rounded to, nearly; None where it is none.

    A root whose decimals end is to be written out.
    """
    x = number.value
    if not polynomial.at(x):
        return x
    if not number.may_be_rounded:
        return None
    for _ in range(MOST_STEPS):  # Newton's
        slope = polynomial.slope_at(x)
        if not slope:
            break
        step = polynomial.at(x) / slope
        x = (x - step).limit_denominator(MOST_UNDER)
        if abs(step) < NEAR * NEAR or abs(x - number.value) > 2 * number.half_a_unit:
            break
    if abs(x - number.value) > number.half_a_unit + NEAR or not _changes(polynomial, x):
        return None
    simple = x.limit_denominator(SMALL_UNDER)
    if not polynomial.at(simple) and ends(simple):
        return None
    return x


def one_root(one: Fraction, other: Fraction) -> bool:
    """Whether two numbers that were found are the same root."""
    return abs(one - other) <= 10 * NEAR


def ends(value: Fraction) -> bool:
    """Whether its decimals end."""
    left = value.denominator
    for prime in (2, 5):
        while left % prime == 0:
            left //= prime
    return left == 1


def _changes(polynomial: Polynomial, x: Fraction) -> bool:
    """Whether a root is right beside x: a step of Newton's is next to nothing there."""
    at, slope = polynomial.at(x), polynomial.slope_at(x)
    return not at or (bool(slope) and abs(at / slope) <= NEAR)
