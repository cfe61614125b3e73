r"""The final answer that a text states: the last `\boxed{}`, `Answer:` line or `#### 42`."""

import re
from collections.abc import Sequence

from workers.experts.steps import joined

# Repetitions give nothing back (`*+`): a text of blanks alone would take the cube of its length.
_LINE = re.compile(
    r"^[ \t>#*_-]*+(?:(?:so|therefore|thus|hence)[, ]++)?+(?:the[ \t]++)?+(?:final[ \t]++)?+answer"
    r"[ \t]*+(?:(?:is[ \t]*+)?[*_]*+[:=]|is(?=[ \t]))[^\S\n]*+[*_]*+[^\S\n]*+(?P<said>\S[^\n]*+)"
    r"|^[ \t]*+####[ \t]++(?P<marked>\S[^\n]*+)",
    re.IGNORECASE | re.MULTILINE,
)
_WITHIN = re.compile(
    r"\bthe (?:final )?answer is:?[ \t]++[*_]*+[^\S\n]*+(?P<said>\S[^\n]*+)", re.IGNORECASE
)
_BOXED = re.compile(r"\\boxed\s*+\{")
_BRACE = re.compile(r"[{}]")
_AROUND = " \t\r*_`"
# What forms in instructions have in an answer's place ("<the answer>"): copied, it is none.
_PLACEHOLDER = re.compile(r"<(?:the|your|an?)\b[^<>]*>|\.{2,}|…", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]+)>")


def stated_answer(text: str) -> str:
    """The answer that is stated last; empty where none is."""
    lines = [*_LINE.finditer(text), *_WITHIN.finditer(text)]
    found = [(line.start(), *_span(line)) for line in lines]
    found += _boxes(text)
    for start, at, end in sorted(found, reverse=True):
        said = text[at:end]
        if bare := _bare(said if text.startswith("\\boxed", start) else boxed(said) or said):
            return bare
    return ""


def boxed(text: str) -> str:
    r"""What the last `\boxed{}` holds; empty without one, or where it is not closed."""
    last = max((box.start() for box in _BOXED.finditer(text)), default=-1)
    return next((text[at:end].strip() for start, at, end in _boxes(text) if start == last), "")


def answer_of_steps(steps: Sequence[str]) -> str:
    """The answer that these steps state last."""
    return stated_answer(joined(steps))


def ends_in_answer(steps: Sequence[str]) -> bool:
    """Whether the last step states an answer."""
    return bool(steps) and bool(stated_answer(steps[-1]))


def _span(line: re.Match[str]) -> tuple[int, int]:
    return line.span(line.lastgroup or 0)


def _boxes(text: str) -> list[tuple[int, int, int]]:
    """Where each box that is closed starts, and the span of what it holds."""
    boxes = {found.end(): found.start() for found in _BOXED.finditer(text)}
    opened: list[int] = []
    found = []
    for brace in _BRACE.finditer(text) if boxes else ():
        if brace.group() == "{":
            opened.append(brace.end())
        elif opened and (at := opened.pop()) in boxes:
            found.append((boxes[at], at, brace.start()))
    return sorted(found)


def _bare(said: str) -> str:
    bare = said.strip(_AROUND)
    if bare.endswith(".") and not bare.endswith(".."):
        bare = bare[:-1].rstrip(_AROUND)
    for left, right in (("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")):
        if len(bare) > len(left + right) and bare.startswith(left) and bare.endswith(right):
            bare = bare[len(left) : -len(right)].strip()
    if _PLACEHOLDER.fullmatch(bare):
        return ""
    bracketed = _BRACKETED.fullmatch(bare)  # the form's brackets, with an answer in them
    return bracketed[1].strip() if bracketed else bare
