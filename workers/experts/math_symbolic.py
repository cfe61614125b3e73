"""Roots and radicals, without limits: for a process of its own, since it loads SymPy."""

from typing import Any

from math_verify import parse
from sympy import Expr, Poly, Rational, Symbol, simplify

from kernels.conditions.symbolic import equal


def count_real_roots(coefficients: list[str]) -> int:
    """How many different real roots the polynomial has; the constant comes first."""
    return int(_polynomial(coefficients).count_roots())


def are_roots(coefficients: list[str], answers: list[str]) -> bool | None:
    """Whether each answer, put in, gives zero; None where one cannot be read."""
    polynomial = _polynomial(coefficients)
    for answer in answers:
        root = _number(answer)
        if root is None:
            return None
        if simplify(polynomial.eval(root)) != 0:
            return False
    return True


def same_number(expression: str, answer: str) -> bool:
    """Whether an expression with roots or fractions in LaTeX equals the answer."""
    return equal(expression.replace("√", "\\sqrt "), answer)


def _polynomial(coefficients: list[str]) -> Poly:
    x = Symbol("x")
    return Poly([Rational(c) for c in reversed(coefficients)], x)


def _number(text: str) -> Expr | None:
    found: list[Any] = parse(f"${text.replace('√', chr(92) + 'sqrt ')}$", parsing_timeout=None)
    for one in found:
        if isinstance(one, Expr) and one.is_number:
            return one
    return None
