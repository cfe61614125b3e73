"""Keeps what agents send within bounds, and says what was cut."""

from typing import Any

CUT = "… [cut]"
MOST_ITEMS = 200  # of a list or an object
MOST_DEPTH = 12
MOST_NAME = 200  # characters of a property's name


def bounded_text(text: str, most: int) -> tuple[str, int]:
    """At most `most` characters, and how many were cut off."""
    if len(text) <= most:
        return text, 0
    return text[:most] + CUT, len(text) - most


def bounded(value: Any, *, text: int, total: int) -> tuple[Any, dict[str, int]]:
    """JSON with texts of at most `text` characters, all together at most `total`.

    Also says what was cut: characters by path ("parameters.content"), items of lists and objects
    by path with "[]" behind.
    """
    keeper = _Keeper(text, total)
    return keeper.kept(value, "", 0), keeper.cut


class _Keeper:
    def __init__(self, text: int, total: int) -> None:
        self._text, self._left = text, total
        self.cut: dict[str, int] = {}

    def kept(self, value: Any, path: str, depth: int) -> Any:
        if isinstance(value, str):
            return self._kept_text(value, path)
        if not isinstance(value, list | dict):
            return value
        if depth >= MOST_DEPTH:
            self.cut[f"{path}[]"] = len(value)
            return CUT
        if len(value) > MOST_ITEMS:
            self.cut[f"{path}[]"] = len(value) - MOST_ITEMS
        if isinstance(value, list):
            return [
                self.kept(item, f"{path}.{at}".lstrip("."), depth + 1)
                for at, item in enumerate(value[:MOST_ITEMS])
            ]
        kept = {}
        for key in list(value)[:MOST_ITEMS]:
            name, gone = bounded_text(key, MOST_NAME)
            if gone:
                self.cut[f"{path}.{name}".lstrip(".")] = gone
            kept[name] = self.kept(value[key], f"{path}.{name}".lstrip("."), depth + 1)
        return kept

    def _kept_text(self, value: str, path: str) -> str:
        kept, gone = bounded_text(value, min(self._text, max(0, self._left)))
        self._left -= len(value) - gone
        if gone:
            self.cut[path] = self.cut.get(path, 0) + gone
        return kept
