"""Whether tests that came with a task can show anything: they parse, and they assert."""

import ast
from collections.abc import Iterator, Sequence

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


def collected_in(body: Sequence[ast.stmt]) -> list[ast.FunctionDef | ast.ClassDef]:
    """What a test runner would run: functions `test...` without arguments, classes of tests."""
    found: list[ast.FunctionDef | ast.ClassDef] = []
    classes: set[str] = set()
    for one in body:
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test"):
            if len(one.args.args) + len(one.args.posonlyargs) == len(one.args.defaults):
                found.append(one)
        elif isinstance(one, ast.ClassDef):
            bases = {getattr(base, "attr", getattr(base, "id", "")) for base in one.bases}
            is_case = "TestCase" in bases or bool(bases & classes)
            if is_case or (one.name.startswith("Test") and not _is_made_of_arguments(one)):
                found.append(one)
                classes.add(one.name)
    return found


def may_fail(node: ast.AST) -> bool:
    """An assert, a raise, or a call such as `self.assertEqual`."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return str(name).startswith("assert")
    if isinstance(node, ast.Assert):
        return _is_false(node.test) or not is_settled(node.test)
    return isinstance(node, ast.Raise)


def is_settled(test: ast.expr) -> bool:
    """Whether an assert's outcome is known without running anything: True, or a tuple's."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(is_settled(one) and not _is_false(one) for one in test.values)
    return isinstance(test, ast.Constant | ast.JoinedStr | ast.Lambda) or (
        isinstance(test, ast.Tuple | ast.List | ast.Set) and bool(test.elts)
    )


def _is_false(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and not test.value


def _asserts(body: list[ast.stmt]) -> bool:
    """At the top, in what is named from there, or in what a test runner would run."""
    defined = {one.name: one for one in body if isinstance(one, _DEFINES)}
    run: list[ast.AST] = [one for one in body if not isinstance(one, _DEFINES)]
    run += [defined.pop(one.name) for one in collected_in(body) if one.name in defined]
    while run:
        one = run.pop()
        if any(may_fail(node) for node in ast.walk(one)):
            return True
        run += [defined.pop(name) for name in set(_names(one)) if name in defined]
    return False


def _is_made_of_arguments(one: ast.ClassDef) -> bool:
    return any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in one.body)


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
