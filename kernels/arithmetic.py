"""The value of the arithmetic that a text asks for, when it holds exactly one such expression."""

import re
from fractions import Fraction

MOST_TERMS = 50
MOST_DIGITS = 30
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_EXPRESSION = re.compile(
    rf"(?<![\w.,])[-−]?{_NUMBER}(?:\s{{0,3}}[-−+*×/÷]\s{{0,3}}[-−]?{_NUMBER})+(?![\w%])"
)
_PART = re.compile(rf"\s*([-−+*×/÷]?)\s*([-−]?{_NUMBER})")
_BEYOND = re.compile(r"[()^√=]\s*\d|\d\s*[(^√]")  # brackets and powers are not read

# What is left of a run of numbers and signs of which only a part could be read.
_SIGN = r"[-−–—+*×·⋅/÷^√%]"
_OPERATION = r"(?:[xX]|mod|plus|minus|times|squared|cubed|divided|multiplied|over|percent)"
_MULTIPLE = r"(?:k|dozen|hundred|thousand|million|billion)"
_MONEY = r"[$€£]?"
_BEFORE = re.compile(
    rf"(?:{_SIGN}\s*{_MONEY}\s*|\d[:'’]|\d[^\S\n]+|\b{_OPERATION}\s+|(?<=\d)[xX]\s*)\Z"
)
_AFTER = re.compile(
    rf"[\w%]|[.,:'’]\d|[^\S\n]+\d|\s*{_MONEY}\s*{_SIGN}|\s*(?:{_OPERATION}|{_MULTIPLE})\b"
)
_ELSEWHERE = re.compile(rf"[+*×÷]\s{{0,3}}{_MONEY}\d|\d\s{{0,3}}[+*×÷]")
_NEAR = 40  # characters beside an expression
# Dates, parts of phone numbers, fractions; a number with a leading zero is a code.
_TIGHT = re.compile(rf"[-−]?{_NUMBER}(?:[-−/]{_NUMBER})+")
_CODE = re.compile(r"(?<![\d.,])0\d")


class NoArithmetic(ValueError):
    """The text holds no arithmetic expression, several, or one that cannot be read."""


def arithmetic(text: str) -> float:
    """Products before sums, each from left to right. Raises NoArithmetic.

    Only a whole run of numbers and signs has a value, never a part of one; dates and phone numbers
    have none.
    """
    found = list(_EXPRESSION.finditer(text))
    if len(found) != 1 or _BEYOND.search(text):
        raise NoArithmetic(f"{len(found)} readable expressions, not one")
    (run,) = found
    if not _is_whole(text, run.start(), run.end()):
        raise NoArithmetic("only a part of it can be read")
    if _TIGHT.fullmatch(run.group()) or _CODE.search(run.group()):
        raise NoArithmetic("it looks like a date or a number to call")
    terms: list[Fraction] = []
    for at, part in enumerate(_PART.finditer(run.group())):
        sign, number = part.groups()
        if at >= MOST_TERMS or len(number) > MOST_DIGITS:
            raise NoArithmetic("it is too long")
        value = Fraction(number.replace(",", "").replace("−", "-"))
        if sign and sign in "*×":
            terms[-1] *= value
        elif sign and sign in "/÷":
            if not value:
                raise NoArithmetic("it divides by zero")
            terms[-1] /= value
        else:
            terms.append(-value if sign and sign in "-−" else value)
    try:
        return float(sum(terms, Fraction(0)))
    except OverflowError as error:
        raise NoArithmetic("its value is too large") from error


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether nothing that belongs to the expression stands around it, or further away."""
    if _BEFORE.search(text, max(0, start - _NEAR), start) or _AFTER.match(text, end):
        return False
    return not (_ELSEWHERE.search(text, 0, start) or _ELSEWHERE.search(text, end))
