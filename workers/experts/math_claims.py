"""What a prompt itself lets us check of an answer: an expression to compute, an equation to solve.

Only prompts that ask for nothing else are read. One that goes on ("the smaller root", "rounded to
two digits") has no claim here, and the result stays unchecked. So does an answer that is not read
in full.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kernels.conditions.isolated import NoResult, run_isolated
from workers.experts.numerals import MOST_DIGITS, NUMBER, WHOLE, shown
from workers.experts.polynomials import Part, Unreadable, polynomial_of
from workers.experts.said_numbers import (
    SaidEquality,
    SaidNumber,
    money_in,
    said_equality,
    said_number,
)
from workers.experts.said_roots import ends, one_root, root_said, root_texts
from workers.experts.sums import Token, tokens

SYMBOLIC = "workers.experts.math_symbolic"  # by name: SymPy stays out of this process
TIME_S = 2.0
MOST_CHARS = 600

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
    r"(?: of| for)(?: these numbers| the numbers)?:? ?(?P<numbers>[\d ,]+(?:and [\d,]+)?)"
    rf"\s*[.?]?{_POLITE}",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    r"(?:please )?(?:simplify|reduce)(?: the)?(?: fraction)?"
    r" (?P<top>[\d,]+)\s*/\s*(?P<under>[\d,]+)"
    rf"(?: to (?:its )?(?:lowest|simplest) (?:terms|form))?\s*[.?]?{_POLITE}",
    re.IGNORECASE,
)
_DOLLARS = re.compile(r"\$([^$\n]+)\$|\\\(([^\n]*?)\\\)")
_LATEX_FRACTION = re.compile(r"\\d?frac\{(-?\d+)\}\{(\d+)\}")
_LETTERS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_LIST = re.compile(rf"\s*{WHOLE}(?:(?:,\s*and\s|\sand\s|,|\s)\s*{WHOLE})*\s*")
_NUMBERS = r"(?:\s*(?:of|for)?\s*\(?\s*(\d[\d ,]*(?:and [\d,]+)?)\s*\)?)?"
_GREATEST = re.compile(
    rf"(?:the )?(?:(?:greatest|highest|largest) common (?:divisor|factor)|gcd|gcf|hcf){_NUMBERS}",
    re.IGNORECASE,
)
_LEAST = re.compile(
    rf"(?:the )?(?:(?:least|lowest|smallest) common multiple|lcm){_NUMBERS}", re.IGNORECASE
)


@dataclass(frozen=True)
class Claim:
    """Whether an answer is what the prompt asks for; None where that was not found out."""

    holds: bool | None
    reason: str


def checked_against(prompt: str, answer: str) -> Claim | None:
    """What checking the answer against the prompt came to; None where the prompt claims nothing."""
    if not answer or len(prompt) > MOST_CHARS or len(answer) > MOST_CHARS:
        return None
    asked = " ".join(_DOLLARS.sub(lambda m: m[1] or m[2], prompt).split())
    try:
        if found := _FRACTION.fullmatch(_plain(asked)):
            terms = _wholes(f"{found['top']} and {found['under']}")
            return _lowest_terms(terms[0], terms[1], answer) if len(terms) == 2 else None
        if found := _COMMON.fullmatch(asked):
            return _common(found["which"], found["numbers"], answer)
        if found := _SOLVE.fullmatch(asked):
            return _solved(found["equation"], found["unknown"] or found["behind"], answer)
        if found := _COMPUTE.fullmatch(asked):
            return _computed(found["asked"], answer, money_in(prompt))
    except Unreadable:
        return None
    except NoResult as error:
        return Claim(None, str(error))
    return None


def asks_one_number(prompt: str) -> bool:
    """Whether the prompt is an expression, or asks for one number of several: not for roots."""
    asked = " ".join(_DOLLARS.sub(lambda m: m[1] or m[2], prompt).split())
    solve = _SOLVE.fullmatch(asked)
    return not solve and bool(_COMMON.fullmatch(asked) or _COMPUTE.fullmatch(asked))


def _computed(expression: str, answer: str, money: frozenset[str]) -> Claim | None:
    if _LETTERS.search(expression.replace("of", "")):
        return None
    equality = said_equality(answer)
    if re.search(r"[√\\]|sqrt", expression):
        return _with_radicals(expression, equality, money)
    parts = _parts(expression, "")
    value = polynomial_of(parts).constant
    if _has_share_of_sum(parts):
        return Claim(None, f"the percent sign in {expression} can be read in two ways")
    if any(_value(subject) != value for subject in equality.subjects):
        return _unread(answer)
    said = said_number(equality.said, money=money)
    if said is None:
        return _unread(answer)
    if (said.hedged or equality.hedged) and said.value == value:
        return Claim(None, f"{answer[:60]!r} says only about what it is")
    holds = said.value == value or _rounds(value, said)
    return Claim(holds, f"{expression} is {shown(value)}, the answer says {shown(said.value)}")


def _with_radicals(expression: str, equality: SaidEquality, money: frozenset[str]) -> Claim | None:
    said = said_number(equality.said, money=money)
    text = equality.said if said is None else str(said.value)
    hedged = equality.hedged or (said is not None and said.hedged)
    if any(_isolated("same_number", expression, one) is not True for one in equality.subjects):
        return _unread(equality.said)
    holds = _isolated("same_number", expression, text)
    if holds is None or (holds and hedged):
        return _unread(equality.said)
    if not holds and said is not None and said.may_be_rounded:
        holds = _isolated("rounds_to", expression, text, str(said.half_a_unit))
    return Claim(holds, f"{equality.said} {'is' if holds else 'is not'} {expression}")


def _solved(equation: str, named: str | None, answer: str) -> Claim | None:
    left, right = equation.split("=")
    unknowns = set(re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", equation))
    if len(unknowns) != 1 or (named and unknowns != {named}) or _LETTERS.search(equation):
        return None
    unknown = unknowns.pop()
    polynomial = polynomial_of(_parts(left, unknown)) + -polynomial_of(_parts(right, unknown))
    if not polynomial.degree:
        return None
    pieces = root_texts(answer, unknown, one=polynomial.degree == 1)
    if not pieces:
        return _unread(answer)
    numbers = [said_number(piece.said) for piece in pieces]
    for piece, number in zip(pieces, numbers, strict=True):
        if any(number is None or _value(subject) != number.value for subject in piece.subjects):
            return _unread(answer)
    coefficients = [str(c) for c in polynomial.coefficients]
    if None in numbers:
        texts = [
            piece.said if number is None else str(number.value)
            for piece, number in zip(pieces, numbers, strict=True)
        ]
        if any(piece.hedged for piece in pieces) or any(n and n.hedged for n in numbers):
            return _unread(answer)
        found = _isolated("count_roots_among", coefficients, texts)
        if found is None:
            return _unread(answer)
        if not found:
            return Claim(False, f"{answer[:60]} does not solve {equation.strip()}")
    else:
        roots: list[Fraction] = []
        for piece, number in zip(pieces, filter(None, numbers), strict=True):
            root = root_said(polynomial, number)
            if root is None:
                reason = f"{unknown} = {piece.said} does not solve {equation.strip()}"
                return Claim(False, reason)
            if (piece.hedged or number.hedged) and root == number.value:
                return _unread(answer)
            if all(not one_root(root, other) for other in roots):
                roots.append(root)
        found = len(roots)
    count = 1 if polynomial.degree == 1 else _isolated("count_real_roots", coefficients)
    if count != found:
        return Claim(False, f"{equation.strip()} has {count} real roots, not these {found}")
    return Claim(True, f"{answer[:60]} solves {equation.strip()}")


def _isolated(function: str, *arguments: str | list[str]) -> Any:
    return run_isolated(SYMBOLIC, function, *arguments, within_s=TIME_S)


def _common(which: str, text: str, answer: str) -> Claim | None:
    numbers = _wholes(text)
    if len(numbers) < 2 or any(n == 0 or n > 10**MOST_DIGITS for n in numbers):
        return None
    greatest = which.lower() in ("gcd", "greatest common divisor")
    value = math.gcd(*numbers) if greatest else math.lcm(*numbers)
    equality = said_equality(answer)
    said = said_number(equality.said)
    named = _GREATEST if greatest else _LEAST
    for subject in equality.subjects:
        found = named.fullmatch(subject)
        if not found or (found[1] and _wholes(found[1]) != numbers):
            said = None
    if said is None or said.hedged or equality.hedged:
        return _unread(answer)
    return Claim(
        said.value == value, f"the {which} is {value}, the answer says {shown(said.value)}"
    )


def _wholes(text: str) -> list[int]:
    """The whole numbers of a list such as `1,200, 8 and 6`; none where it can be read otherwise.

    Of `1,200,8` nobody knows which sign parts numbers and which thousands.
    """
    found = re.findall(WHOLE, text) if _LIST.fullmatch(text) else []
    if re.search(r"\d,\d", re.sub(WHOLE, "0", text)) and any("," in one for one in found):
        return []
    return [int(one.replace(",", "")) for one in found]


def _lowest_terms(top: int, under: int, answer: str) -> Claim | None:
    if not under:
        return None
    value = Fraction(top, under)
    equality = said_equality(answer)
    said = said_number(equality.said)
    if said is None or said.hedged or equality.hedged or "%" in equality.said:
        return _unread(answer)
    if any(_value(subject) != value for subject in equality.subjects):
        return _unread(answer)
    numbers = [n.replace(",", "") for n in re.findall(NUMBER, _plain(equality.said))]
    lowest = [str(value.numerator), str(value.denominator)]
    holds = said.value == value and (numbers == lowest or numbers == lowest[:1])
    return Claim(holds, f"in lowest terms it is {value}, the answer says {answer[:60]}")


def _unread(answer: str) -> Claim:
    return Claim(None, f"{answer[:60]!r} cannot be read in full")


def _value(text: str) -> Fraction | None:
    """Of what an answer restates before its result."""
    try:
        return polynomial_of(_parts(_plain(text), "")).constant
    except Unreadable:
        return None


def _rounds(value: Fraction, said: SaidNumber) -> bool:
    """Whether it is a number with no end that the answer has rounded."""
    return said.may_be_rounded and not ends(value) and abs(said.value - value) <= said.half_a_unit


def _has_share_of_sum(parts: Sequence[Part]) -> bool:
    """Whether a percent sign stands alone in a sum: 100 - 10% is 90 to people, 99.9 to others."""
    if not any(part.text in ("+", "-") for part in parts[1:]):
        return False
    return any(
        part.kind == "percent"
        and not any(
            beside.text in ("*", "/") for beside in (*parts[n - 2 : n - 1], *parts[n + 1 : n + 2])
        )
        for n, part in enumerate(parts)
    )


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
