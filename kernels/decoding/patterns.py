"""Patterns whose repetitions have an end."""

import re
from dataclasses import dataclass

# An escape, a class, the head of a group, an open quantifier, and whatever else.
PART = re.compile(
    r"(?P<plain>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<head>\((?:\?(?:[:=!]|<[=!]))?)"
    r"|(?P<open>[*+]|\{\d+,\})|(?P<other>.)",
    re.DOTALL,
)
NO_WIDTH = "^$"


@dataclass(frozen=True)
class Ended:
    """A pattern without open repetitions, and how often each may repeat."""

    pattern: str
    most: int
    lower: str  # with each end one lower: what it matches is at none of them


def ended(pattern: str, room: int) -> Ended | None:
    """The pattern with an end to each `*`, `+` and `{n,}`, for about `room` characters in all.

    None when there is nothing open. Repetitions inside each other share the room.
    """
    parts = [(part.lastgroup, part.group()) for part in PART.finditer(pattern)]
    count = sum(kind == "open" for kind, _ in parts)
    if not count:
        return None
    depth, width = _shape(parts)
    most = max(1, int((max(room - width, 1) / count) ** (1 / depth)))
    return Ended(_closed(parts, most), most, _closed(parts, most - 1))


def _closed(parts: list[tuple[str | None, str]], most: int) -> str:
    return "".join(_end(text, most) if kind == "open" else text for kind, text in parts)


def _end(quantifier: str, most: int) -> str:
    least = {"*": 0, "+": 1}.get(quantifier)
    if least is None:
        least = int(quantifier[1:-2])
    return f"{{{least},{max(least, most)}}}"


@dataclass
class _Group:
    depth: int = 0  # open repetitions inside each other, at most
    width: int = 0  # characters of this alternative that stand once
    widest: int = 0  # of the alternatives before


def _shape(parts: list[tuple[str | None, str]]) -> tuple[int, int]:
    """How many open repetitions stand inside each other, and the characters that stand once."""
    groups, last = [_Group()], _Group()  # those around; what stands right before
    for kind, text in parts:
        around = groups[-1]
        if kind == "head":
            groups.append(_Group())
        elif kind == "open":
            around.depth = max(around.depth, last.depth + 1)
            around.width -= last.width
        elif text == "|":
            around.widest, around.width = max(around.widest, around.width), 0
        elif text == ")" and len(groups) > 1:
            last = groups.pop()
            last.width = max(last.widest, last.width)
            groups[-1].width += last.width
            groups[-1].depth = max(groups[-1].depth, last.depth)
            continue
        else:
            last = _Group(width=int(text not in NO_WIDTH))
            around.width += last.width
            continue
        last = _Group()
    return max(1, groups[0].depth), max(groups[0].widest, groups[0].width)
