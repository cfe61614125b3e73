r"""Roots and radicals, without limits: for a process of its own, since it loads SymPy.

An expression is read by a closed grammar of numbers, `+ - * / ^`, brackets and roots, in signs or
in LaTeX. Nothing is guessed: a text that holds anything else is not read.
"""

import ast
import re

from sympy import Expr, Integer, Poly, Rational, Symbol, simplify, sqrt

MOST_POWER = 64
PLACES = 60  # digits by which a decimal is compared
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"  # braces, one pair within another at most
_LATEX = (
    (re.compile(r"\\(?:left|right|,|;|!| )"), ""),
    (re.compile(r"\\(?:times|cdot)(?![a-z])|×|·|⋅"), "*"),
    (re.compile(r"\\div(?![a-z])|÷"), "/"),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"\\?sqrt\s*\("), "√("),
    (re.compile(r"\\sqrt\s*(\d)"), r"√(\1)"),
    (re.compile(r"√\s*(\d+(?:\.\d+)?)"), r"√(\1)"),
)
_NESTED = (
    (re.compile(rf"\\[dt]?frac\s*{_GROUP}\s*{_GROUP}"), r"((\1)/(\2))"),
    (re.compile(rf"\\?sqrt\s*{_GROUP}"), r"√(\1)"),
    (re.compile(rf"\^\s*{_GROUP}"), r"^(\1)"),
)
_KNOWN = re.compile(r"[\d.+*/^()√\s-]+")
_TWO_WAYS = re.compile(r"/\s*[\d.]+\s*[√(]|\d\s+[\d.]")  # 1/2√3, 1 2
_PRODUCT = re.compile(r"(?<=[\d)])\s*(?=[√(])|(?<=\))\s*(?=\d)")


def count_real_roots(coefficients: list[str]) -> int:
    """How many different real roots the polynomial has; the constant comes first."""
    return int(_polynomial(coefficients).count_roots())


def count_roots_among(coefficients: list[str], answers: list[str]) -> int | None:
    """How many different roots these are; 0 where one of them is none, None if one is not read."""
    polynomial = _polynomial(coefficients)
    roots: list[Expr] = []
    for answer in answers:
        root = value_of(answer)
        if root is None:
            return None
        if simplify(polynomial.eval(root)) != 0:
            return 0
        if all(simplify(root - other) != 0 for other in roots):
            roots.append(root)
    return len(roots)


def same_number(expression: str, answer: str) -> bool | None:
    """Whether two expressions have one value; None where one cannot be read."""
    value, said = value_of(expression), value_of(answer)
    if value is None or said is None:
        return None
    return bool(simplify(value - said) == 0)


def rounds_to(expression: str, said: str, half_a_unit: str) -> bool | None:
    """Whether a decimal is what an irrational expression is rounded to."""
    value = value_of(expression)
    if value is None:
        return None
    value = simplify(value)
    if value.is_rational is not False:
        return False
    near = Rational(str(value.evalf(PLACES)))
    return bool(abs(near - Rational(said)) <= Rational(half_a_unit))


def value_of(text: str) -> Expr | None:
    """The real number that an expression is."""
    plain = text.strip().strip("$").strip()
    for pattern, put in _LATEX:
        plain = pattern.sub(put, plain)
    before = ""
    while before != plain:
        before = plain
        for pattern, put in _NESTED:
            plain = pattern.sub(put, plain)
    if not _KNOWN.fullmatch(plain) or _TWO_WAYS.search(plain):
        return None
    python = _PRODUCT.sub("*", plain).replace("^", "**").replace("√", "sqrt")
    try:
        value = _value(ast.parse(python.strip(), mode="eval").body, python.strip())
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None
    return value if value.is_real else None


def _value(node: ast.expr, text: str) -> Expr:
    """Raises ValueError and ZeroDivisionError."""
    if isinstance(node, ast.Constant):
        return Rational(ast.get_source_segment(text, node) or "")
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, text)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "sqrt" and len(node.args) == 1:
        return sqrt(_value(node.args[0], text))
    if not isinstance(node, ast.BinOp):
        raise ValueError("no expression")
    left, right = _value(node.left, text), _value(node.right, text)
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, ast.Div):
        if simplify(right) == 0:
            raise ZeroDivisionError
        return left / right
    if isinstance(node.op, ast.Pow) and isinstance(right, Integer) and abs(right) <= MOST_POWER:
        if simplify(left) == 0 and right <= 0:
            raise ZeroDivisionError
        return left**right
    raise ValueError("no expression")


def _polynomial(coefficients: list[str]) -> Poly:
    x = Symbol("x")
    return Poly([Rational(c) for c in reversed(coefficients)], x)
