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


class NoArithmetic(ValueError):
    """The text holds no arithmetic expression, several, or one that cannot be read."""


def arithmetic(text: str) -> float:
    """Products before sums, each from left to right. Raises NoArithmetic."""
    found = _EXPRESSION.findall(text)
    if len(found) != 1 or _BEYOND.search(text):
        raise NoArithmetic(f"{len(found)} readable expressions, not one")
    terms: list[Fraction] = []
    for at, part in enumerate(_PART.finditer(found[0])):
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
