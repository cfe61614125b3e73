"""Whether tests that came with a task can show anything: they parse, and they assert."""

import ast
from collections.abc import Iterator

_DEFINES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def fault_of_tests(tests: str) -> str:
    """Why code cannot be held to these; empty where it can."""
    try:
        body = ast.parse(tests).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return f"they are no Python: {error}"[:300]
    try:
        return "" if _asserts(body) else "they assert nothing that is run"
    except RecursionError:
        return "they are nested too deep"


def _asserts(body: list[ast.stmt]) -> bool:
    """At the top, or in what is named from there."""
    defined = {one.name: one for one in body if isinstance(one, _DEFINES)}
    run: list[ast.AST] = [one for one in body if not isinstance(one, _DEFINES)]
    while run:
        one = run.pop()
        if any(_may_fail(node) for node in ast.walk(one)):
            return True
        run += [defined.pop(name) for name in set(_names(one)) if name in defined]
    return False


def _may_fail(node: ast.AST) -> bool:
    """An assert, a raise, or a call such as `self.assertEqual`."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return str(name).startswith("assert")
    return isinstance(node, ast.Assert | ast.Raise)


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
