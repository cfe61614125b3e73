"""The code in an answer, and the examples in a prompt that it can be held to."""

import ast
import builtins
import re
from collections.abc import Sequence

from workers.experts.steps import joined

_FENCE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)^ {0,3}(?P=fence)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = ("", "python", "py", "python3")
_CALL = re.compile(r"(?<![\w.])[A-Za-z_]\w*\(")
_ARROW = re.compile(
    r"`?\s*(?:->|→|=>|==|(?:should |must )?returns?|(?:should )?gives?|is)\s+`?(?P<value>[^\n]+)"
)
_DOCTEST = re.compile(
    r"^[ \t]*>>> (?P<call>[^\n]+)\n(?P<value>[ \t]*(?!>>>)\S[^\n]*)", re.MULTILINE
)
_ASSERT = re.compile(r"^[ \t]*(?P<test>assert [^\n]+)", re.MULTILINE)
_ENDED = re.compile(r"[.,;:)#]|(?:and|but|because|since|as|while|for)\b")
_UNPARSED = (SyntaxError, ValueError, MemoryError, RecursionError)
MOST_EXAMPLES = 20
MOST_CALL = 400  # characters


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


def examples_in(prompt: str) -> str:
    """Asserts for the examples that a prompt gives: `f(2) -> 4`, `>>> f(2)`, or its own asserts."""
    tests = []
    for found in _DOCTEST.finditer(prompt):
        tests.append(_example(found["call"].strip(), found["value"]))
    for start in _CALL.finditer(prompt):
        call = _call_at(prompt, start.start())
        arrow = _ARROW.match(prompt, start.start() + len(call)) if call else None
        if arrow:
            tests.append(_example(call, arrow["value"]))
    tests += [f["test"] for f in _ASSERT.finditer(prompt) if _parses(f["test"])]
    return "\n".join(list(dict.fromkeys(filter(None, tests)))[:MOST_EXAMPLES])


def _call_at(text: str, start: int) -> str:
    """The call that stands there, up to the bracket that makes it one; empty without one."""
    line = text[start:].partition("\n")[0][:MOST_CALL]
    for end, sign in enumerate(line, 1):
        if sign == ")" and isinstance(_expression(line[:end]), ast.Call):
            return line[:end]
    return ""


def _example(call: str, said: str) -> str:
    """An assert, where the call and the value are literals; else nothing."""
    parsed = _expression(call)
    if not isinstance(parsed, ast.Call) or not isinstance(parsed.func, ast.Name):
        return ""
    if hasattr(builtins, parsed.func.id) or not all(
        _is_literal(one) for one in [*parsed.args, *(k.value for k in parsed.keywords)]
    ):
        return ""
    value = _value(said.strip())
    if not value:
        return ""
    if isinstance(ast.literal_eval(value), float):
        return f"assert abs(({call}) - ({value})) <= 1e-6 * max(1, abs({value}))"
    return f"assert ({call}) == ({value})"


def _value(said: str) -> str:
    """The literal with which a line begins; empty without one."""
    for end in range(len(said), 0, -1):
        text = said[:end].rstrip()
        rest = said[end:].strip("`").strip()
        if text.endswith((".", ",")) or (rest and not _ENDED.match(rest)):
            continue
        node = _expression(text)
        if node is not None and _is_literal(node):
            return text
    return ""


def _defines(code: str) -> bool:
    try:
        body = ast.parse(code).body
    except _UNPARSED:
        return False
    return any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for n in body)


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except _UNPARSED:
        return False
    return True


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except _UNPARSED:
        return None


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
