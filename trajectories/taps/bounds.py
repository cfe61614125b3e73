"""Keeps what agents send within bounds, and says what was cut."""

from typing import Any

CUT = "… [cut]"
MOST_ITEMS = 200  # of a list or an object
MOST_DEPTH = 12
SCALAR = 8  # what a number or a truth value counts for, in characters
MOST_BEYOND = 4_000  # characters of names and notes, when texts have used all
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
            self._left -= SCALAR
            return value
        if depth >= MOST_DEPTH:
            self.cut[f"{path}[]"] = len(value)
            return CUT
        if len(value) > MOST_ITEMS:
            self.cut[f"{path}[]"] = len(value) - MOST_ITEMS
        if isinstance(value, list):
            return self._kept_items(value[:MOST_ITEMS], path, depth)
        kept: dict[str, Any] = {}
        for key in list(value)[:MOST_ITEMS]:
            if self._is_full(path, len(value) - len(kept)):
                break
            self._left -= min(len(key), MOST_NAME)
            name, gone = bounded_text(key, MOST_NAME)
            if gone:
                self.cut[f"{path}.{name}".lstrip(".")] = gone
            kept[name] = self.kept(value[key], f"{path}.{name}".lstrip("."), depth + 1)
        return kept

    def _kept_items(self, items: list[Any], path: str, depth: int) -> list[Any]:
        kept: list[Any] = []
        for at, item in enumerate(items):
            if self._is_full(path, len(items) - at):
                break
            kept.append(self.kept(item, f"{path}.{at}".lstrip("."), depth + 1))
        return kept

    def _is_full(self, path: str, rest: int) -> bool:
        """Names, numbers and notes of what was cut count as well."""
        full = self._left <= -MOST_BEYOND
        if full and f"{path}[]" not in self.cut:
            self.cut[f"{path}[]"] = rest
        return full

    def _kept_text(self, value: str, path: str) -> str:
        kept, gone = bounded_text(value, min(self._text, max(0, self._left)))
        self._left -= len(value) - gone + (len(path) if gone else 0)
        if gone:
            self.cut[path] = self.cut.get(path, 0) + gone
        return kept
