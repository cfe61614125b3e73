"""The format that texts share, as a pattern: kinds of characters in runs, fixed where they are."""

import re
from collections.abc import Sequence
from itertools import groupby

import re2

MOST_RUNS = 12
_CLASSES = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}


def format_of(texts: Sequence[str]) -> str:
    """A RE2 pattern that all match; empty where they share no format that says anything.

    `INV-1007` and `INV-2311` are `INV-[0-9]{4}`; names of one capitalised word `[A-Z][a-z]+`.
    Texts with spaces, or of other letters, have none.
    """
    rows = [_runs(text) for text in texts]
    if not rows[0] or len(rows[0]) > MOST_RUNS or len({_shape(row) for row in rows}) != 1:
        return ""
    columns = list(zip(*rows, strict=True))
    if all(kind == "a" for kind, _ in rows[0]):
        return ""  # a word in small letters is no format
    return "".join(_written(column) for column in columns)


def _runs(text: str) -> list[tuple[str, str]]:
    return [(kind, "".join(run)) for kind, run in groupby(text, key=_kind)]


def _shape(row: Sequence[tuple[str, str]]) -> str:
    return "".join(kind if kind in _CLASSES else f"_{text}" for kind, text in row)


def _kind(character: str) -> str:
    if re.fullmatch("[A-Z]", character):
        return "A"
    if re.fullmatch("[a-z]", character):
        return "a"
    return "9" if re.fullmatch("[0-9]", character) else character


def _written(column: Sequence[tuple[str, str]]) -> str:
    kind = column[0][0]
    texts = {text for _, text in column}
    if len(texts) == 1 and (kind not in _CLASSES or len(column) > 1):
        return str(re2.escape(texts.pop()))
    lengths = {len(text) for text in texts}
    count = lengths.pop() if len(lengths) == 1 else 0
    times = "" if count == 1 else f"{{{count}}}" if count else "+"
    return _CLASSES[kind] + times
