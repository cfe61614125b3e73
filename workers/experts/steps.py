"""The steps of an answer: paragraphs, or numbered lines; fenced blocks stay whole."""

import re
from collections.abc import Callable, Sequence

_NUMBERED = re.compile(r"(?:#+ )?(?:\*\*)?(?:[Ss]tep )?\d{1,2}[.):](?:\*\*)? ")
_ANSWER = re.compile(r"(?:\*\*)?(?:[Tt]he )?(?:[Ff]inal )?[Aa]nswer\b.{0,3}:")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def split_steps(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, in order; however long, a paragraph is one step.

    Blank lines inside a fence belong to its step, also where the fence was never closed.
    """
    return _split(text, lambda _: False)


def split_numbered(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, and in them each numbered line, and the answer's, begins a step.

    What is indented belongs to the step above it.
    """
    return _split(text, lambda line: bool(_NUMBERED.match(line) or _ANSWER.match(line)))


def _split(text: str, begins: Callable[[str], bool]) -> tuple[str, ...]:
    steps: list[str] = []
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        found = _FENCE.fullmatch(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
        if lines and not fence and begins(line):
            steps.append("\n".join(lines))
            lines = []
        if line.strip() or fence:
            lines.append(line.rstrip())
        elif lines:
            steps.append("\n".join(lines))
            lines = []
    if lines:
        steps.append("\n".join(lines))
    return tuple(step for step in steps if step.strip())


def joined(steps: Sequence[str]) -> str:
    """The text whose steps these are."""
    return "\n\n".join(steps)
