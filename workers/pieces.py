"""A text that is known as a whole, told in pieces to whoever reads a stream."""

import re
from collections.abc import Iterator

PIECE = re.compile(r"(?:\s*\S+){1,8}\s*$|(?:\s*\S+){1,8}|\s+")  # some eight words


def pieces(text: str) -> Iterator[str]:
    """Some words at a time; together they are the text."""
    return (found.group() for found in PIECE.finditer(text))
