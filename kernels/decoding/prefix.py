"""What can be read of a JSON text that was cut."""

import json
from typing import Any


def whole_part(text: str) -> Any:
    """The value of the text up to its last comma or opening bracket, its brackets closed.

    What was being written when the text ended is left out. None when nothing can be read.
    """
    closers: list[str] = []
    best, quoted, escaped = "", False, False
    for position, letter in enumerate(text):
        if quoted:
            quoted = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            quoted = True
        elif letter in "{[":
            closers.append("}" if letter == "{" else "]")
            best = text[: position + 1] + "".join(reversed(closers))
        elif letter == ",":
            best = text[:position] + "".join(reversed(closers))
        elif letter in "}]":
            if not closers:
                return None
            closers.pop()
    try:
        return json.loads(best)
    except ValueError:
        return None
