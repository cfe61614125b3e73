"""JSON in one canonical form: a value has exactly one sequence of bytes.

It is RFC 8785 for a subset: no fractions, whole numbers up to 2^53 - 1, names in ASCII. Within it,
the order of code points is the one that the RFC asks for, and Python escapes strings as it does.
"""

import json
from typing import Any

from trajectories.errors import KernelWeaveError

MOST = 2**53 - 1


class NotCanonical(KernelWeaveError):
    """This is no canonical JSON."""


def canonical(value: Any) -> bytes:
    """UTF-8 with sorted names and no blanks. Raises NotCanonical for what has no such form."""
    _require_form(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("A text has half a character.") from error


def from_canonical(data: bytes) -> Any:
    """The value. Raises NotCanonical for bytes that are any other JSON, or none."""
    try:
        value = json.loads(data)
        same = canonical(value) == data
    except (ValueError, RecursionError) as error:
        raise NotCanonical("It is no JSON.") from error
    if not same:
        raise NotCanonical(
            "It is not in canonical form: names sorted, each once, no blanks, nothing behind it."
        )
    return value


def _require_form(value: Any) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MOST:
            raise NotCanonical("A number is beyond 2^53 - 1.")
    elif isinstance(value, list | tuple):
        for one in value:
            _require_form(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise NotCanonical("A name is not in ASCII.")
            _require_form(one)
    else:
        raise NotCanonical(f"A value is of type {type(value).__name__}.")
