"""Exact values of written expressions: numbers, or polynomials in one unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

MOST_DEGREE = 12
MOST_POWER = 64
MOST_BITS = 2_000
MOST_NESTED = 30

Kind = Literal["number", "unknown", "operator", "open", "close", "percent"]


class Unreadable(ValueError):
    """It is no expression, or one that is too large."""


@dataclass(frozen=True)
class Part:
    """A piece of an expression. Operators: + - * / ^."""

    kind: Kind
    text: str = ""
    value: Fraction = Fraction(0)
    spaced: bool = False  # whether white space stands before it


@dataclass(frozen=True)
class Polynomial:
    """Coefficients, the constant first; never a zero at the end."""

    coefficients: tuple[Fraction, ...] = ()

    @property
    def degree(self) -> int:
        return max(len(self.coefficients) - 1, 0)

    @property
    def constant(self) -> Fraction:
        """Its value, where it has no unknown. Raises Unreadable."""
        if self.degree:
            raise Unreadable("it holds an unknown")
        return self.coefficients[0] if self.coefficients else Fraction(0)

    def at(self, x: Fraction) -> Fraction:
        value = Fraction(0)
        for coefficient in reversed(self.coefficients):
            value = value * x + coefficient
        return value

    def slope_at(self, x: Fraction) -> Fraction:
        pairs = enumerate(self.coefficients)
        return _of([n * c for n, c in pairs][1:]).at(x)

    def __add__(self, other: "Polynomial") -> "Polynomial":
        return _of(
            [
                sum(
                    (p.coefficients[n] for p in (self, other) if n < len(p.coefficients)),
                    Fraction(0),
                )
                for n in range(max(len(self.coefficients), len(other.coefficients)))
            ]
        )

    def __neg__(self) -> "Polynomial":
        return _of([-c for c in self.coefficients])

    def __mul__(self, other: "Polynomial") -> "Polynomial":
        product = [Fraction(0)] * (len(self.coefficients) + len(other.coefficients))
        for n, a in enumerate(self.coefficients):
            for m, b in enumerate(other.coefficients):
                product[n + m] += a * b
        return _of(product)


def _of(coefficients: Sequence[Fraction]) -> Polynomial:
    kept = list(coefficients)
    while kept and not kept[-1]:
        kept.pop()
    if len(kept) > MOST_DEGREE + 1:
        raise Unreadable("its degree is too high")
    if any(c.numerator.bit_length() + c.denominator.bit_length() > MOST_BITS for c in kept):
        raise Unreadable("its numbers are too large")
    return Polynomial(tuple(kept))


def number(value: Fraction | int) -> Polynomial:
    """A polynomial without an unknown."""
    return _of([Fraction(value)])


def polynomial_of(parts: Sequence[Part], *, percent: bool = True) -> Polynomial:
    """Powers before products before sums, each from left to right but for powers.

    `percent`: whether a percent sign divides by 100, or says nothing. Raises Unreadable.
    """
    reader = _Reader(parts, percent)
    value = reader.sum(0)
    if reader.at < len(parts):
        raise Unreadable("something is left over")
    return value


class _Reader:
    def __init__(self, parts: Sequence[Part], percent: bool) -> None:
        self.parts, self.percent, self.at = parts, percent, 0

    def sum(self, nested: int) -> Polynomial:
        if nested > MOST_NESTED:
            raise Unreadable("it is nested too deep")
        value = self._product(nested)
        while sign := self._operator("+-"):
            term = self._product(nested)
            value += term if sign == "+" else -term
        return value

    def _product(self, nested: int) -> Polynomial:
        value = self._signed(nested)
        while True:
            sign = self._operator("*/")
            if not sign and not self._next_is("open", "unknown"):
                return value
            factor = self._signed(nested)
            if sign == "/":
                divisor = factor.constant
                if not divisor:
                    raise Unreadable("it divides by zero")
                factor = number(1 / divisor)
            value *= factor

    def _signed(self, nested: int) -> Polynomial:
        if nested > MOST_NESTED:
            raise Unreadable("it is nested too deep")
        sign = self._operator("+-")
        if sign:
            value = self._signed(nested + 1)
            return -value if sign == "-" else value
        base = self._atom(nested)
        if not self._operator("^"):
            return base
        power = self._signed(nested + 1).constant
        if power.denominator != 1 or not 0 <= power <= MOST_POWER:
            raise Unreadable("no small whole power")
        value = number(1)
        for _ in range(int(power)):
            value *= base
        return value

    def _atom(self, nested: int) -> Polynomial:
        if self.at >= len(self.parts):
            raise Unreadable("it ends too early")
        part = self.parts[self.at]
        self.at += 1
        if part.kind == "number":
            value = number(part.value)
        elif part.kind == "unknown":
            value = _of([Fraction(0), Fraction(1)])
        elif part.kind == "open":
            value = self.sum(nested + 1)
            if not self._next_is("close"):
                raise Unreadable("a bracket is not closed")
            self.at += 1
        else:
            raise Unreadable(f"{part.text or part.kind} stands where a number should")
        while self._next_is("percent"):
            self.at += 1
            value = value * number(Fraction(1, 100)) if self.percent else value
        return value

    def _operator(self, signs: str) -> str:
        if self._next_is("operator") and self.parts[self.at].text in signs:
            self.at += 1
            return self.parts[self.at - 1].text
        return ""

    def _next_is(self, *kinds: Kind) -> bool:
        return self.at < len(self.parts) and self.parts[self.at].kind in kinds
