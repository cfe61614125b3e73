"""Which expressions of tests have to do with the code: they call it, or use what it made."""

import ast
import builtins
from collections.abc import Iterator

_DEFINES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_IMPORTS = ast.Import | ast.ImportFrom
_INSPECTS = frozenset(["callable", "dir", "hasattr", "help", "id", "isinstance", "print", "type"])


class Touching:
    """Names are followed through all of the tests at once, without regard to order and scope."""

    def __init__(self, tests: ast.Module, code: ast.Module) -> None:
        shadowed = {name for one in tests.body for name in _bound(one)}
        own = {name for one in code.body for name in _bound(one)}
        self._defined = {one.name for one in code.body if isinstance(one, _DEFINES)}
        bound = {name for one in ast.walk(tests) for name in _bound(one)} | _parameters(tests)
        free = {one.id for one in ast.walk(tests) if isinstance(one, ast.Name)}
        self._code = (own - shadowed) | (free - bound - set(dir(builtins)))
        self._made: set[str] = set()  # names of what the code made, or of what calls it
        self._kept: set[str] = set()  # attributes that hold such things
        self._functions = {
            one.name: one
            for one in ast.walk(tests)
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        known = -1
        while known != len(self._made) + len(self._kept):
            known = len(self._made) + len(self._kept)
            for node in ast.walk(tests):
                self._follow(node)

    def touches(self, tree: ast.AST) -> bool:
        """Whether what it comes to depends on the code; the bare name of a function does not."""
        return any(self._touches(node) for node in ast.walk(tree))

    def _touches(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            root = _root(node.func)
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            return root in self._code | self._made or (
                root not in _INSPECTS and any(self._mentions(one) for one in given)
            )
        if isinstance(node, ast.Attribute):
            return node.attr in self._kept or (
                _root(node) in self._code and not node.attr.startswith("__")
            )
        if isinstance(node, ast.Name):
            return node.id in self._made or node.id in self._code - self._defined
        return False

    def _mentions(self, tree: ast.AST) -> bool:
        return self.touches(tree) or any(
            isinstance(node, ast.Name) and node.id in self._code for node in ast.walk(tree)
        )

    def _follow(self, node: ast.AST) -> None:
        """Adds the names to which a statement gives something of the code."""
        for value, target in _given(node):
            if self._mentions(value):
                for one in ast.walk(target):
                    if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                        self._made.add(one.id)
                    if isinstance(one, ast.Attribute):
                        self._kept.add(one.attr)
        if isinstance(node, _DEFINES) and any(self.touches(one) for one in node.body):
            self._made.add(node.name)
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            called = self._functions.get(name)
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if called is not None and any(self._mentions(one) for one in given):
                self._made |= _parameters(called) - {"self", "cls"}


def _given(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What a statement assigns, and to what."""
    if isinstance(node, ast.Assign):
        yield from ((node.value, target) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
        yield node.value, node.target
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.iter, node.target
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield node.context_expr, node.optional_vars


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds in its own scope."""
    if isinstance(node, _DEFINES):
        yield node.name
    elif isinstance(node, _IMPORTS):
        yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
    else:
        for one in _own_scope(node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                yield one.id
            elif one is not node:
                yield from _bound(one) if isinstance(one, _DEFINES | _IMPORTS) else ()


def _own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, without the insides of functions and classes."""
    left = [node]
    while left:
        one = left.pop()
        yield one
        if not isinstance(one, _DEFINES | ast.Lambda):
            left.extend(ast.iter_child_nodes(one))


def _parameters(tree: ast.AST) -> set[str]:
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _root(node: ast.AST) -> str:
    """The name in front of an expression such as `Stack().push`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
