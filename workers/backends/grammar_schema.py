"""Schemas as a model server's grammar can take them over; the verifier holds the original.

llama.cpp matches a pattern against the text between the quotes as it is written: `[^,]` or `.` then
lets a bare quote or backslash through, and the output is no JSON. Here such classes are narrowed; a
pattern that asks for those characters is left to the verifier, and so is what takes the server's
memory or time: bounds of many digits, and repeated groups that may be empty.
"""

import re
from collections.abc import Iterator
from typing import Any

MOST = 10**15  # the grammar of a one-sided bound of more digits takes all memory
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
UNWRITABLE = '"\\'  # never bare inside a JSON string
NARROWED = r"\"\\\n\r\t"
PLAIN = re.compile(r"\\.|\[\^?(?:\\.|[^\]])*\]|(?<=\()\?(?::|=|!|<=|<!)", re.DOTALL)
VALUES = ("enum", "const", "default", "examples")  # not schemas, whatever they look like
# llama.cpp knows no shorthands: what they stand for, and with a capital everything else.
SHORTHANDS = {"d": "0-9", "w": "A-Za-z0-9_", "s": " "}
SIGNS = r"[ !#-/:-@\[\]^`{-~]"  # what is no word, of ASCII: the rest may be letters


def for_grammar(schema: Any) -> Any:
    """The schema with each pattern and bound as a grammar may have it, or without."""
    if isinstance(schema, list):
        return [for_grammar(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value if key in VALUES else for_grammar(value) for key, value in schema.items()}
    for name in BOUNDS:
        if isinstance(bound := found.get(name), int | float) and abs(bound) >= MOST:
            del found[name]
    if isinstance(schema.get("pattern"), str):
        narrowed = narrow(schema["pattern"])
        if narrowed is None:
            del found["pattern"]
        else:
            found["pattern"] = narrowed
    return found


def narrow(pattern: str) -> str | None:
    """The pattern without texts that need an escape in JSON; None when it asks for such.

    Also None where a group that may match nothing is repeated: the time grows with the square.
    """
    try:
        return None if repeats_nothing(pattern) else "".join(_narrowed(pattern))
    except _AsksForEscapes:
        return None


class _AsksForEscapes(Exception):
    """The pattern wants a quote, a backslash or something unknown."""


def repeats_nothing(pattern: str) -> bool:
    """Whether a group with something optional in it is repeated, directly or from further out."""
    optional = [False]  # of each open group
    plain = PLAIN.sub("x", pattern)
    for position, letter in enumerate(plain):
        following = plain[position + 1 : position + 2]
        if letter == "(":
            optional.append(False)
        elif letter in "?*|" or plain.startswith(("{0", "{,"), position):
            optional[-1] = True
        elif letter == ")" and len(optional) > 1:
            inner = optional.pop()
            if inner and following and following in "*+{":
                return True
            optional[-1] |= inner
    return False


def _narrowed(pattern: str) -> Iterator[str]:
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == "[":
            end = _end_of_class(pattern, position)
            yield _class(pattern[position + 1 : end])
            position = end
        elif letter == "\\":
            position += 1
            yield _escape(pattern[position : position + 1])
        elif letter == ".":
            yield f"[^{NARROWED}]"
        elif letter in UNWRITABLE:
            raise _AsksForEscapes
        else:
            yield letter if letter.isascii() else f"[{letter}]"  # or it cannot be repeated
        position += 1


def _escape(letter: str) -> str:
    if letter in SHORTHANDS:
        return f"[{SHORTHANDS[letter]}]"
    if letter == "W":
        return SIGNS
    if letter.lower() in SHORTHANDS:
        return f"[^{SHORTHANDS[letter.lower()]}{NARROWED}]"
    if not letter or letter in UNWRITABLE or letter.isalnum():  # a boundary, a property, a code
        raise _AsksForEscapes
    return f"\\{letter}"


def _end_of_class(pattern: str, start: int) -> int:
    position = start + 1
    while position < len(pattern) and pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    if position >= len(pattern):
        raise _AsksForEscapes
    return position


def _spelled(inside: str) -> str:
    """What stands in a class, without shorthands."""

    def spelled(found: re.Match[str]) -> str:
        letter = found[1]
        if letter in SHORTHANDS:
            return SHORTHANDS[letter]
        if letter.isalnum() and letter not in "nrt":
            raise _AsksForEscapes
        return found[0]

    return re.sub(r"\\(.)", spelled, inside, flags=re.DOTALL)


def _class(inside: str) -> str:
    inside = _spelled(inside)
    if inside.startswith("^"):
        return f"[{inside}{NARROWED}]"
    position = 0
    while position < len(inside):
        if inside[position] == "\\":
            if inside[position + 1] in UNWRITABLE:
                raise _AsksForEscapes
            position += 2
            continue
        first, last = inside[position], inside[position]
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            last = inside[position + 2]
        if any(first <= unwritable <= last for unwritable in UNWRITABLE):
            raise _AsksForEscapes
        position += 1 if last == first else 3
    return f"[{inside}]"
