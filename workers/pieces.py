"""A text that is known as a whole, told in pieces to whoever reads a stream."""

import re
from collections.abc import Iterator

# Some eight words; blanks at the end go with the last. Words that gave letters back would be cut
# in each way that there is.
PIECE = re.compile(r"(?:\s*+\S++){1,8}+(?:\s++\Z)?+|\s++")


def pieces(text: str) -> Iterator[str]:
    """Some words at a time; together they are the text."""
    return (found.group() for found in PIECE.finditer(text))
