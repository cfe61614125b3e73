"""The steps of an answer: paragraphs with blank lines between them; fenced blocks stay whole."""

import re
from collections.abc import Sequence

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def split_steps(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, in order; however long, a paragraph is one step.

    Blank lines inside a fence belong to its step, also where the fence was never closed.
    """
    steps: list[str] = []
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        found = _FENCE.fullmatch(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
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
