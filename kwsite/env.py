"""Where a setting comes from: the process environment first, then the running embedded stack."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Directory of the embedded stack's state (`.kw` in the checkout, or `KW_HOME`)."""
    return Path(os.environ.get("KW_HOME", CHECKOUT / ".kw"))


def stack_values() -> dict[str, str]:
    """The settings that the running stack wrote down; none when it never ran."""
    file = home() / "stack.json"
    if not file.exists():
        return {}
    try:
        return texts(json.loads(file.read_text()))
    except (OSError, ValueError) as error:
        raise SystemExit(
            f"{file} cannot be used ({error}). `make run` writes it anew; delete it where the "
            "environment says everything."
        ) from error


def texts(values: object) -> dict[str, str]:
    """`values`; raises ValueError when they are not an object of strings."""
    if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
        raise ValueError("it is not an object of strings")
    return values


class Environment:
    """Reads and converts settings; a value that does not convert names its variable.

    `stack` has the values of the running stack, for the processes that work on its parts.
    """

    def __init__(self, stack: Mapping[str, str]) -> None:
        self._stack = stack

    def text(self, name: str, default: str = "") -> str:
        return os.environ.get(name) or self._stack.get(name) or default

    def number(self, name: str, default: float) -> float:
        raw = self.text(name)
        if not raw:
            return default
        try:
            return float(raw)
        except ValueError as error:
            raise SystemExit(
                f"{name}={raw!r} is not a number: set it to one, or unset it."
            ) from error

    def integer(self, name: str, default: int) -> int:
        raw = self.text(name)
        if not raw:
            return default
        try:
            return int(raw)
        except ValueError as error:
            raise SystemExit(
                f"{name}={raw!r} is not a whole number: set it to one, or unset it."
            ) from error

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name).lower()
        return default if not raw else raw in ("1", "true", "yes", "on")

    def words(self, name: str, default: str) -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]
