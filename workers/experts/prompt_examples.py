"""The examples in a prompt that code can be held to: `f(2) -> 4`, `>>> f(2)`, or its own asserts.

What may be cut short, is only supposed ("if f(2) is 4"), or contradicts another is no example.
Where a prompt speaks of a fault, only what it clearly wants is one.
"""

import ast
import builtins
import math
import re
from dataclasses import dataclass
from functools import lru_cache

_CALL = re.compile(r"(?<![\w.])[A-Za-z_]\w*\(")
MOST_EXAMPLES = 20
MOST_CALL = 400  # characters
MOST_VALUE = 1_000
MOST_PARSES = 4_000  # in the search for the examples of one prompt
MOST_BEFORE = 80  # characters before a call that may say that it is wanted
_ARROW = re.compile(
    r"`?\s*+(?:->|→|=>|==|returns?|gives?|is"
    r"|(?P<wanted>(?:should|must|(?:needs? |ought |has )?to) (?:return|give|be|equal)))\s++`?"
    rf"(?P<value>[^\n]{{1,{MOST_VALUE + 100}}})"
)
_DOCTEST = re.compile(
    r"^[ \t]*>>> (?P<call>[^\n]+)\n(?P<value>[ \t]*(?!>>>)\S[^\n]*)", re.MULTILINE
)
_ASSERT = re.compile(r"^[ \t]*(?P<test>assert [^\n]+)", re.MULTILINE)
_STRING = r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+\""""
_NO_CALL = re.compile(  # how far a literal may go: to a call outside of strings
    rf"""(?:[^'"\w]|{_STRING}|set\(|\w++(?!\())*+"""
)
_ENDED = re.compile(  # what cannot go on a number: not 2.5, 1,000 or 1:30
    r"[.:](?!\w)|[,;](?!\d)|[)#]|(?:and|but|because|since|as|while|for)\b"
)
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)")
_LEADING_ZERO = re.compile(r",\s?0\d")
_SUPPOSED = re.compile(r"\b(?:if|elif|while|when|whether|unless|not|until)\s+`?\Z", re.IGNORECASE)
_FAULT = re.compile(
    r"\b(?:fix(?:es|ed|ing)?|bugs?|buggy|debug\w*|broken|wrong(?:ly)?|incorrect(?:ly)?|mistakes?"
    r"|fault|faulty|repair|currently|at the moment|right now|instead|rather than|actual(?:ly)?"
    r"|expect(?:s|ed)?|supposed|fail(?:s|ed|ing)?|crash\w*|previously|so far|old version"
    r"|not working|(?:does|do|did)(?:n['’]t| not) work|(?:problem|issue) with"
    r"|why (?:is|does|do|did)|correct (?:this|the|my|it)"
    r"|but (?:(?:it|i|we|that|this) )?(?:should|must|want|need|got|gets?"
    r"|gives?|returns?|is|has))\b",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"(?:\b(?:so|such) that|(?<!not )(?<!n't )(?<!never )\bexpect(?:s|ed)?"
    r"(?: (?:result|output|value|answer)s?(?: (?:of|for))?| that)?:?"
    r"|\b(?:should|must|to) (?:pass|hold):?|\b(?:i|we) (?:want|need)|\bwanted:)"
    r"\s*(?:calling |assert |>>> )?[`*\s]*\Z",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"[\s`*,;-]*(?:and\s+)?(?:that\s+)?(?:assert |>>> )?`?")
_UNPARSED = (SyntaxError, ValueError, MemoryError, RecursionError)


@dataclass(frozen=True)
class _Example:
    """`call` and `value` are the same in what says the same; `length`: of the value's text."""

    test: str
    call: str = ""
    value: str = ""
    length: int = 0


class _Enough(Exception):
    """As many examples were found, or tries made, as there may be."""


@lru_cache(maxsize=16)  # each answer to a prompt is held to the same ones
def examples_in(prompt: str) -> str:
    """Asserts for the examples that a prompt gives.

    The first of them: in a prompt of very many, the search ends before its end.
    """
    search = _Search(prompt)
    try:
        for found in _DOCTEST.finditer(prompt):
            call, said = found["call"].strip(), found["value"]
            search.note(search.example(call, said), found.start(), found.start("value"))
        for start in _CALL.finditer(prompt):
            call = search.call_at(start.start())
            arrow = _ARROW.match(prompt, start.start() + len(call)) if call else None
            if arrow:
                example = search.example(call, arrow["value"])
                wanted = arrow["wanted"] is not None
                search.note(example, start.start(), arrow.start("value"), wanted=wanted)
        for written in _ASSERT.finditer(prompt):
            test = written["test"]
            search.note(_written(test), written.start("test"), written.end("test") - len(test))
    except _Enough:
        pass
    return "\n".join(search.tests())


class _Search:
    """The examples that one prompt gave so far, and how many tries there may still be."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.found: dict[str, _Example] = {}
        self.left = MOST_PARSES
        self._of_fault = bool(_FAULT.search(prompt))
        self._wanted_until = -1  # where the last example ends that is clearly wanted

    def tests(self) -> list[str]:
        """Without calls of which two values are told."""
        values: dict[str, set[str]] = {}
        for one in self.found.values():
            values.setdefault(one.call, set()).add(one.value)
        return [
            one.test for one in self.found.values() if not one.call or len(values[one.call]) == 1
        ]

    def note(
        self, example: _Example | None, start: int, value_start: int, *, wanted: bool = False
    ) -> None:
        """Raises _Enough."""
        if example is None or _SUPPOSED.search(self._before(start)):
            return
        if self._of_fault:
            if not (wanted or self._is_wanted(start)):
                return
            self._wanted_until = value_start + example.length
        self.found[example.test] = example
        if len(self.found) >= MOST_EXAMPLES:
            raise _Enough

    def _before(self, start: int) -> str:
        return self.prompt[max(0, start - MOST_BEFORE) : start]

    def _is_wanted(self, start: int) -> bool:
        """By the words directly before it, or because it goes on from one that is."""
        if _WANTED.search(self._before(start)):
            return True
        between = self.prompt[self._wanted_until : start] if self._wanted_until >= 0 else "."
        return len(between) < MOST_BEFORE and bool(_GOES_ON.fullmatch(between))

    def call_at(self, start: int) -> str:
        """The call that stands there, up to the bracket that makes it one; empty without one."""
        line = self.prompt[start : start + MOST_CALL].partition("\n")[0]
        end = line.find(")") + 1
        while end:
            if isinstance(self._expression(line[:end]), ast.Call):
                return line[:end]
            end = line.find(")", end) + 1
        return ""

    def example(self, call: str, said: str) -> _Example | None:
        """An assert, where the call and the value are literals."""
        parsed = self._expression(call)
        if not isinstance(parsed, ast.Call) or not isinstance(parsed.func, ast.Name):
            return None
        if hasattr(builtins, parsed.func.id) or _has_leading_zero(call):
            return None
        if not all(_is_literal(one) for one in [*parsed.args, *(k.value for k in parsed.keywords)]):
            return None
        text, value = self._value(said.strip())
        if not value:
            return None
        test = f"assert ({call}) == ({value})"
        number = ast.literal_eval(value)
        if isinstance(number, float) and math.isfinite(number):
            test = f"assert abs(({call}) - ({value})) <= {1e-6 * max(1, abs(number))!r}"
        return _Example(test, ast.unparse(parsed), repr(number), len(text))

    def _value(self, said: str) -> tuple[str, str]:
        """The literal with which a line begins, as it stands there and as Python; else empty."""
        furthest = _NO_CALL.match(said)
        assert furthest is not None  # it may be empty
        for end in range(min(furthest.end(), MOST_VALUE), 0, -1):
            text = said[:end].rstrip()
            rest = said[end:].strip("`").strip()
            if text.endswith((".", ",")) or (rest and not _ENDED.match(rest)):
                continue
            if _THOUSANDS.fullmatch(text):  # or a tuple: 1,000 is none, of 100,200 nobody knows
                return (text, text.replace(",", "")) if _LEADING_ZERO.search(text) else ("", "")
            node = self._expression(text)
            if node is not None and _is_literal(node) and not _may_be_cut(text, node):
                return text, text
        return "", ""

    def _expression(self, text: str) -> ast.expr | None:
        """Raises _Enough."""
        self.left -= 1
        if self.left < 0:
            raise _Enough
        try:
            return ast.parse(text, mode="eval").body
        except _UNPARSED:
            return None


def _written(test: str) -> _Example | None:
    """An assert of the prompt's own."""
    try:
        (statement,) = ast.parse(test).body
    except _UNPARSED:
        return None
    said = statement.test if isinstance(statement, ast.Assert) else None
    if isinstance(said, ast.Compare) and isinstance(said.left, ast.Call):
        right = said.comparators[0]
        if len(said.ops) == 1 and isinstance(said.ops[0], ast.Eq) and _is_literal(right):
            return _Example(test, ast.unparse(said.left), _shown(right), len(test))
    return _Example(test, length=len(test))


def _shown(literal: ast.expr) -> str:
    """Equal for literals of equal values; nothing where a number has very many digits."""
    try:
        return repr(ast.literal_eval(literal))
    except ValueError:
        return ""


def _may_be_cut(text: str, node: ast.expr) -> bool:
    """Whether commas of thousands or decimals may have made several numbers of one."""
    if _has_leading_zero(text):
        return True
    bare = isinstance(node, ast.Tuple) and not text.startswith("(")
    return bare and re.search(r"\d,\d", text) is not None


def _has_leading_zero(text: str) -> bool:
    """Outside of strings: f(1,000) has one argument, of which Python makes two."""
    return bool(_LEADING_ZERO.search(re.sub(_STRING, "''", text)))


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True
