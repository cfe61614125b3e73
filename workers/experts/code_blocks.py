"""The code in an answer, and the examples in a prompt that it can be held to."""

import ast
import builtins
import re
from collections.abc import Sequence
from functools import lru_cache

from workers.experts.steps import joined

_FENCE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<language>[\w+-]*+)[^\n]*+\n"
    r"(?P<code>.*?)^ {0,3}(?P=fence)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = ("", "python", "py", "python3")
_CALL = re.compile(r"(?<![\w.])[A-Za-z_]\w*\(")
MOST_EXAMPLES = 20
MOST_CALL = 400  # characters
MOST_VALUE = 1_000
MOST_PARSES = 4_000  # in the search for the examples of one prompt
_ARROW = re.compile(
    r"`?\s*+(?:->|→|=>|==|(?:should |must )?returns?|(?:should )?gives?|is)\s++`?"
    rf"(?P<value>[^\n]{{1,{MOST_VALUE + 100}}})"
)
_DOCTEST = re.compile(
    r"^[ \t]*>>> (?P<call>[^\n]+)\n(?P<value>[ \t]*(?!>>>)\S[^\n]*)", re.MULTILINE
)
_ASSERT = re.compile(r"^[ \t]*(?P<test>assert [^\n]+)", re.MULTILINE)
_NO_CALL = re.compile(  # how far a literal may go: to a call outside of strings
    r"""(?:[^'"\w]|'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|set\(|\w++(?!\())*+"""
)
_ENDED = re.compile(r"[.,;:)#]|(?:and|but|because|since|as|while|for)\b")
_UNPARSED = (SyntaxError, ValueError, MemoryError, RecursionError)


class _Enough(Exception):
    """As many examples were found, or tries made, as there may be."""


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


@lru_cache(maxsize=16)  # each answer to a prompt is held to the same ones
def examples_in(prompt: str) -> str:
    """Asserts for the examples that a prompt gives: `f(2) -> 4`, `>>> f(2)`, or its own asserts.

    The first of them: in a prompt of very many, the search ends before its end.
    """
    search = _Search()
    try:
        for found in _DOCTEST.finditer(prompt):
            search.note(search.example(found["call"].strip(), found["value"]))
        for start in _CALL.finditer(prompt):
            call = search.call_at(prompt, start.start())
            arrow = _ARROW.match(prompt, start.start() + len(call)) if call else None
            if arrow:
                search.note(search.example(call, arrow["value"]))
        for written in _ASSERT.finditer(prompt):
            if _parses(written["test"]):
                search.note(written["test"])
    except _Enough:
        pass
    return "\n".join(search.found)


class _Search:
    """The examples that one prompt gave so far, and how many tries there may still be."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self.left = MOST_PARSES

    def note(self, test: str) -> None:
        """Raises _Enough."""
        if test:
            self.found[test] = None
        if len(self.found) >= MOST_EXAMPLES:
            raise _Enough

    def call_at(self, text: str, start: int) -> str:
        """The call that stands there, up to the bracket that makes it one; empty without one."""
        line = text[start : start + MOST_CALL].partition("\n")[0]
        end = line.find(")") + 1
        while end:
            if isinstance(self._expression(line[:end]), ast.Call):
                return line[:end]
            end = line.find(")", end) + 1
        return ""

    def example(self, call: str, said: str) -> str:
        """An assert, where the call and the value are literals; else nothing."""
        parsed = self._expression(call)
        if not isinstance(parsed, ast.Call) or not isinstance(parsed.func, ast.Name):
            return ""
        if hasattr(builtins, parsed.func.id) or not all(
            _is_literal(one) for one in [*parsed.args, *(k.value for k in parsed.keywords)]
        ):
            return ""
        value = self._value(said.strip())
        if not value:
            return ""
        if isinstance(ast.literal_eval(value), float):
            return f"assert abs(({call}) - ({value})) <= 1e-6 * max(1, abs({value}))"
        return f"assert ({call}) == ({value})"

    def _value(self, said: str) -> str:
        """The literal with which a line begins; empty without one."""
        furthest = _NO_CALL.match(said)
        assert furthest is not None  # it may be empty
        for end in range(min(furthest.end(), MOST_VALUE), 0, -1):
            text = said[:end].rstrip()
            rest = said[end:].strip("`").strip()
            if text.endswith((".", ",")) or (rest and not _ENDED.match(rest)):
                continue
            node = self._expression(text)
            if node is not None and _is_literal(node):
                return text
        return ""

    def _expression(self, text: str) -> ast.expr | None:
        """Raises _Enough."""
        self.left -= 1
        if self.left < 0:
            raise _Enough
        try:
            return ast.parse(text, mode="eval").body
        except _UNPARSED:
            return None


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


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
