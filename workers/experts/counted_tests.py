"""Tests rewritten so that each check tells that it ran: none that ran is no test that held.

An assert that compares with a literal is cut in two: the sandbox tells the value, and what it is to
be stays here.
"""

import ast
import secrets
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from workers.experts.code_runner import shown
from workers.experts.given_tests import collected_in, is_settled, may_fail
from workers.experts.touching import Touching

MOST_VALUES = 400  # more are compared in the sandbox, for its output is limited
_RUNNERS = ("unittest", "pytest")

Kind = Literal["value", "assert", "import", "other"]


@dataclass(frozen=True)
class Wanted:
    """What a value must be: equal, the same, or no further off than `within`."""

    literal: Any
    same: bool = False
    within: float | None = None

    def holds(self, kind: str, said: str) -> bool:
        """Of a value of this type that the sandbox has shown."""
        if self.within is not None:
            value = _fraction(said)
            return value is not None and abs(value - Fraction(self.literal)) <= self.within
        return said == shown(self.literal) and (
            not self.same or kind == type(self.literal).__name__
        )


@dataclass(frozen=True)
class Unit:
    """A statement of the tests as it runs, and as it was written."""

    code: str
    source: str
    kind: Kind
    wanted: Wanted | None = None


@dataclass(frozen=True)
class CountedTests:
    """`mark` names the list in which checks say that they ran; `collected` are run if unused."""

    units: tuple[Unit, ...]
    collected: tuple[str, ...]
    mark: str = field(default_factory=lambda: f"ran_{secrets.token_hex(8)}")


def counted(tests: str, code: str) -> CountedTests:
    """Raises ValueError or RecursionError for tests that cannot be written anew."""
    tree = ast.parse(tests)
    touching = Touching(tree, ast.parse(code))
    collected = collected_in(tree.body)
    empty = CountedTests((), tuple(one.name for one in collected))
    counter = _Counter(touching, empty.mark)
    units: list[Unit] = []
    for statement in tree.body:
        split = _split(statement, touching) if len(units) < MOST_VALUES else None
        units.append(split or _unit(statement, counter, named=statement in collected))
    return CountedTests(tuple(units), empty.collected, empty.mark)


def _unit(statement: ast.stmt, counter: "_Counter", *, named: bool) -> Unit:
    source = ast.unparse(statement)
    kind: Kind = "other"
    if isinstance(statement, ast.Assert):
        kind = "assert"
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        kind = "import"
    elif named:
        counter.name(statement)
    body = counter.visit(statement)
    module = ast.Module(body if isinstance(body, list) else [body], [])
    return Unit(ast.unparse(ast.fix_missing_locations(module)), source, kind)


def _split(statement: ast.stmt, touching: Touching) -> Unit | None:
    """`f(2) == 4`, `f(2) is None`, or `abs(f(2) - .5) <= 1e-6`, where the rest is literals."""
    said = statement.test if isinstance(statement, ast.Assert) else None
    if not isinstance(said, ast.Compare) or len(said.ops) != 1:
        return None
    left, right, sign = said.left, said.comparators[0], said.ops[0]
    if isinstance(sign, ast.Eq) and _is_literal(left):
        left, right = right, left
    if not _is_literal(right):
        return None
    literal = ast.literal_eval(right)
    if isinstance(sign, ast.Eq):
        wanted = Wanted(literal)
    elif isinstance(sign, ast.Is) and isinstance(literal, bool | None):
        wanted = Wanted(literal, same=True)
    elif isinstance(sign, ast.LtE) and isinstance(literal, int | float):
        distance = _distance(left)
        if distance is None:
            return None
        left, wanted = distance[0], Wanted(distance[1], within=literal)
    else:
        return None
    if not touching.touches(left):
        return None
    return Unit(ast.unparse(left), ast.unparse(statement), "value", wanted)


def _distance(node: ast.expr) -> tuple[ast.expr, int | float] | None:
    """Of `abs(x - 2)`: x and 2."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    inside = node.args[0] if node.func.id == "abs" and len(node.args) == 1 else None
    if not isinstance(inside, ast.BinOp) or not isinstance(inside.op, ast.Sub):
        return None
    number = ast.literal_eval(inside.right) if _is_literal(inside.right) else None
    if not isinstance(number, int | float) or abs(number) == float("inf"):
        return None
    return inside.left, number


def _fraction(said: str) -> Fraction | None:
    top, _, under = said.partition("/")
    try:
        return Fraction(int(top, 16), int(under, 16))
    except ValueError:
        return None


class _Counter(ast.NodeTransformer):
    """Puts marks around what can fail by the code's fault."""

    def __init__(self, touching: Touching, mark: str) -> None:
        self._touches = touching.touches
        self._mark = mark

    def name(self, statement: ast.stmt) -> None:
        """Makes a function, or the tests of a class, tell that it was called."""
        assert isinstance(statement, ast.FunctionDef | ast.ClassDef)
        if isinstance(statement, ast.FunctionDef):
            statement.body.insert(0, self._says(statement.name))
            return
        for method in statement.body:
            if isinstance(method, ast.FunctionDef) and method.name.startswith("test"):
                method.body.insert(0, self._says(f"{statement.name}.{method.name}"))

    def visit_Assert(self, node: ast.Assert) -> Any:
        if is_settled(node.test):
            return [self._says(1), node] if _is_false(node.test) else node
        return self._around(node) if self._touches(node.test) else node

    def visit_Expr(self, node: ast.Expr) -> Any:
        if _runs_tests(node.value):  # they are run by themselves
            return ast.Pass()
        checks = isinstance(node.value, ast.Call) and may_fail(node.value)
        return self._around(node) if checks and self._touches(node.value) else node

    def visit_If(self, node: ast.If) -> Any:
        touches = self._touches(node.test) and _fails_in([*node.body, *node.orelse])
        return self._behind(node, touches=touches)

    def visit_Try(self, node: ast.Try) -> Any:
        body = [*node.body, *node.orelse]
        touches = _fails_in(body) and any(self._touches(one) for one in node.body)
        return self._behind(node, touches=touches)

    def visit_With(self, node: ast.With) -> Any:
        raises = any(_name(one.context_expr).lower().endswith("raises") for one in node.items)
        return self._behind(node, touches=raises and any(map(self._touches, node.body)))

    def _around(self, node: ast.stmt) -> list[ast.stmt]:
        return [self._says(1), node, self._says(-1)]

    def _behind(self, node: ast.stmt, *, touches: bool) -> Any:
        self.generic_visit(node)
        return [node, self._says(1), self._says(-1)] if touches else node

    def _says(self, what: int | str) -> ast.stmt:
        return ast.parse(f"{self._mark}.append({what!r})").body[0]


def _fails_in(body: list[ast.stmt]) -> bool:
    """Whether a statement among these fails whatever comes."""
    return any(
        isinstance(one, ast.Raise)
        or (isinstance(one, ast.Assert) and _is_false(one.test))
        or (isinstance(one, ast.Expr) and _name(one.value) in ("fail", "exit"))
        for one in body
    )


def _runs_tests(node: ast.expr) -> bool:
    """`unittest.main()`, alone or within `sys.exit()`."""
    if not isinstance(node, ast.Call):
        return False
    if _name(node) == "exit" and node.args:
        return _runs_tests(node.args[0])
    called = node.func
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "main"
        and isinstance(called.value, ast.Name)
        and called.value.id in _RUNNERS
    )


def _name(node: ast.expr) -> str:
    """Of what is called."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True
