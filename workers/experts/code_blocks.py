"""The code in an answer."""

import ast
import re
from collections.abc import Sequence

from workers.experts.steps import joined

_FENCE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<language>[\w+-]*+)[^\n]*+\n"
    r"(?P<code>.*?)^ {0,3}(?P=fence)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = ("", "python", "py", "python3")
_UNPARSED = (SyntaxError, ValueError, MemoryError, RecursionError)


def last_code(steps: Sequence[str]) -> str:
    """The last block of Python with both its fences, or all of the last step if that is code."""
    blocks = [f for f in _FENCE.finditer(joined(steps)) if f["language"].lower() in _PYTHON]
    if blocks:
        return blocks[-1]["code"].strip("\n")
    last = steps[-1].strip() if steps else ""
    return last if _defines(last) else ""


def ends_in_code(steps: Sequence[str]) -> bool:
    """Whether the last step holds a finished block of Python."""
    return bool(steps) and bool(last_code(steps[-1:]))


def code_key(code: str) -> str:
    """Equal for programs that differ in comments, layout or docstrings alone."""
    try:
        tree = ast.parse(code)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                body = node.body
                if len(body) > 1 and isinstance(body[0], ast.Expr) and _is_text(body[0].value):
                    node.body = body[1:]
        return ast.dump(tree)
    except _UNPARSED:
        return code.strip()


def _defines(code: str) -> bool:
    try:
        body = ast.parse(code).body
    except _UNPARSED:
        return False
    return any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for n in body)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
