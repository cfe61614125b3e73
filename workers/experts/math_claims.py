"""What a prompt itself lets us check of an answer: an expression to compute, an equation to solve.

Only prompts that ask for nothing else are read. One that goes on ("the smaller root", "rounded to
two digits") has no claim here, and the result stays unchecked.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from kernels.conditions.isolated import NoResult, run_isolated
from workers.experts.numerals import MOST_DIGITS, NUMBER, decimals_of, number_in, shown
from workers.experts.polynomials import Part, Polynomial, Unreadable, polynomial_of
from workers.experts.sums import Token, tokens

SYMBOLIC = "workers.experts.math_symbolic"  # by name: SymPy stays out of this process
TIME_S = 2.0
MOST_CHARS = 600
FEWEST_DECIMALS = 2  # of an answer that stands for a number with no end

_ASKED = (
    r"(?:please |can you |could you )?(?:calculate|compute|evaluate|work out|find|determine|give"
    r"|state|what is|what's|how much is|solve|simplify)?(?: me)?(?: the)?"
    r"(?: (?:final )?(?:answer|value|result|product|sum|difference|quotient|solution))?"
    r"(?: (?:of|to|for))?(?: the)?"
    r"(?: following)?(?: (?:arithmetic|multiplication|addition|subtraction|division|math))?"
    r"(?: (?:problem|expression|sum))?(?: exactly)?:? ?"
)
_POLITE = (
    r"(?:\s*(?:give|reply with|answer with|return|provide|write|state) (?:only |just )?"
    r"(?:the |your )?(?:final )?(?:result|answer|number|value|simplified fraction|gcd|lcm)"
    r"(?: as (?:your|the) final answer)?(?: only)?\.?)?"
)
_COMPUTE = re.compile(
    rf"{_ASKED}(?P<asked>[-−(\d.$√\\][^?=\n]*?)\s*(?:=\s*(?:\?|_+)?)?\s*[.?]?{_POLITE}",
    re.IGNORECASE,
)
_SOLVE = re.compile(
    r"(?:please )?(?:solve|find|determine|compute|calculate|what is)(?: the)?(?: real)?"
    r"(?: value(?:s|\(s\))?| solutions?| roots?)?(?: (?:of|for))? ?"
    r"(?:(?P<unknown>[a-zA-Z])(?=\s*:|\s+(?:in|that|if|for which|such|given)\b))?"
    r"(?: (?:in|that satisf(?:ies|y)|if|for which|such that|given that))?"
    r"(?: the)?(?: following)?(?: equation)?:? ?"
    rf"(?P<equation>[^=:?\n]*=[^=?:\n]*?)(?: for (?P<behind>[a-zA-Z]))?\s*[.?]?{_POLITE}",
    re.IGNORECASE,
)
_COMMON = re.compile(
    r"(?:please )?(?:find|compute|calculate|what is|determine)(?: the)? "
    r"(?P<which>greatest common divisor|least common multiple|gcd|lcm)(?: \((?:gcd|lcm)\))?"
    r"(?: of| for)(?: these numbers| the numbers)?:? ?(?P<numbers>[\d ,]+(?:and \d+)?)"
    rf"\s*[.?]?{_POLITE}",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    r"(?:please )?(?:simplify|reduce)(?: the)?(?: fraction)? (?P<top>\d+)\s*/\s*(?P<under>\d+)"
    rf"(?: to (?:its )?(?:lowest|simplest) (?:terms|form))?\s*[.?]?{_POLITE}",
    re.IGNORECASE,
)
_DOLLARS = re.compile(r"\$([^$\n]+)\$|\\\(([^\n]*?)\\\)")
_LATEX_FRACTION = re.compile(r"\\d?frac\{(-?\d+)\}\{(\d+)\}")
_LETTERS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_SPLIT = re.compile(r"\s*(?:,|;|\bor\b|\band\b)\s*")
_NAMED = re.compile(r"^\s*[A-Za-z](?:_?\{?\d\}?)?\s*=\s*")


@dataclass(frozen=True)
class Claim:
    """Whether an answer is what the prompt asks for; None where that was not found out."""

    holds: bool | None
    reason: str


def checked_against(prompt: str, answer: str) -> Claim | None:
    """What checking the answer against the prompt came to; None where the prompt claims nothing."""
    asked = _DOLLARS.sub(lambda m: m[1] or m[2], prompt).strip()
    asked = " ".join(asked.split())
    if not answer or len(asked) > MOST_CHARS or len(answer) > MOST_CHARS:
        return None
    try:
        if found := _FRACTION.fullmatch(_plain(asked)):
            return _lowest_terms(int(found["top"]), int(found["under"]), answer)
        if found := _COMMON.fullmatch(asked):
            return _common(found["which"], found["numbers"], answer)
        if found := _SOLVE.fullmatch(asked):
            return _solved(found["equation"], found["unknown"] or found["behind"], answer)
        if found := _COMPUTE.fullmatch(asked):
            return _computed(found["asked"], answer)
    except Unreadable:
        return None
    except NoResult as error:
        return Claim(None, str(error))
    return None


def _computed(expression: str, answer: str) -> Claim | None:
    if _LETTERS.search(expression.replace("of", "")):
        return None
    if re.search(r"[√\\]|sqrt", expression):
        same = run_isolated(SYMBOLIC, "same_number", expression, answer, within_s=TIME_S)
        return Claim(same, f"{answer} {'is' if same else 'is not'} {expression}")
    value = polynomial_of(_parts(expression, "")).constant
    said = number_in(answer)
    if said is None:
        return Claim(None, f"no number can be read from {answer[:60]!r}")
    decimals = decimals_of(answer)
    close = decimals >= FEWEST_DECIMALS and not _ends(value) and "/" not in answer
    holds = said == value or (close and abs(said - value) * 2 <= Fraction(1, 10**decimals))
    return Claim(holds, f"{expression} is {shown(value)}, the answer says {shown(said)}")


def _solved(equation: str, named: str | None, answer: str) -> Claim | None:
    left, right = equation.split("=")
    unknowns = set(re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", equation))
    if len(unknowns) != 1 or (named and unknowns != {named}) or _LETTERS.search(equation):
        return None
    unknown = unknowns.pop()
    polynomial = polynomial_of(_parts(left, unknown)) + -polynomial_of(_parts(right, unknown))
    if not polynomial.degree:
        return None
    said = [_NAMED.sub("", piece) for piece in _SPLIT.split(answer) if piece.strip()]
    if not said:
        return None
    values = [number_in(piece) for piece in said]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(said):
        coefficients = [str(c) for c in polynomial.coefficients]
        holds = run_isolated(SYMBOLIC, "are_roots", coefficients, said, within_s=TIME_S)
        if holds is None:
            return Claim(None, f"{answer[:60]!r} cannot be read as roots")
        if not holds:
            return Claim(False, f"{answer[:60]} does not solve {equation.strip()}")
    else:
        for piece, value in zip(said, numbers, strict=True):
            if not _is_root(polynomial, value, decimals_of(piece)):
                return Claim(
                    False, f"{unknown} = {piece.strip()} does not solve {equation.strip()}"
                )
    if polynomial.degree > 1:
        coefficients = [str(c) for c in polynomial.coefficients]
        count = run_isolated(SYMBOLIC, "count_real_roots", coefficients, within_s=TIME_S)
        if count != len(set(values) if None not in values else set(said)):
            return Claim(False, f"{equation.strip()} has {count} real roots, not these {len(said)}")
    return Claim(True, f"{answer[:60]} solves {equation.strip()}")


def _is_root(polynomial: Polynomial, x: Fraction, decimals: int) -> bool:
    at = polynomial.at(x)
    if not at or decimals < FEWEST_DECIMALS:
        return not at
    slope = polynomial.slope_at(x)
    return bool(slope) and abs(at / slope) * 100 <= Fraction(55, 10**decimals)  # a step of Newton


def _common(which: str, text: str, answer: str) -> Claim | None:
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    said = number_in(answer)
    if len(numbers) < 2 or said is None or any(n == 0 or n > 10**MOST_DIGITS for n in numbers):
        return None
    greatest = which.lower() in ("gcd", "greatest common divisor")
    value = math.gcd(*numbers) if greatest else math.lcm(*numbers)
    return Claim(said == value, f"the {which} is {value}, the answer says {shown(said)}")


def _lowest_terms(top: int, under: int, answer: str) -> Claim | None:
    found = re.search(rf"({NUMBER})\s*/\s*({NUMBER})\s*\Z|\A\s*({NUMBER})\s*\Z", _plain(answer))
    said = number_in(answer)
    if not under or said is None or found is None:
        return None
    value = Fraction(top, under)
    if found[1] is None:
        lowest = value.denominator == 1
    else:
        lowest = found[1] == str(value.numerator) and found[2] == str(value.denominator)
    holds = said == value and lowest
    return Claim(holds, f"in lowest terms it is {value}, the answer says {answer[:60]}")


def _plain(text: str) -> str:
    return _LATEX_FRACTION.sub(r"\1/\2", text).strip("$ ")


def _parts(text: str, unknown: str) -> list[Part]:
    """The expression that a text is. Raises Unreadable."""
    spelled = re.sub(rf"(\d)({unknown})(?![A-Za-z])", r"\1 \2", text) if unknown else text
    return [_part(token, unknown) for token in tokens(spelled)]


def _part(token: Token, unknown: str) -> Part:
    if unknown and token.kind in ("odd", "word") and token.text in (unknown, unknown.lower()):
        return Part("unknown", unknown)
    if token.kind == "number":
        return Part("number", token.text, token.value)
    if token.kind == "word" and token.text == "of":
        return Part("operator", "*")
    if token.kind == "operator":
        return Part("operator", token.text)
    if token.kind == "open":
        return Part("open", token.text)
    if token.kind == "close":
        return Part("close", token.text)
    if token.kind == "percent":
        return Part("percent", token.text)
    raise Unreadable(f"{token.text!r} is no part of an expression")


def _ends(value: Fraction) -> bool:
    """Whether its decimals end."""
    left = value.denominator
    for prime in (2, 5):
        while left % prime == 0:
            left //= prime
    return left == 1
