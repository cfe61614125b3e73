"""Where a setting comes from: the process environment first, then the running embedded stack."""

import json
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Directory of the embedded stack's state (`.kw` in the checkout, or `KW_HOME`)."""
    return Path(os.environ.get("KW_HOME", CHECKOUT / ".kw"))


def _stack_values() -> dict[str, str]:
    file = home() / "stack.json"
    if not file.exists():
        return {}
    values: dict[str, str] = json.loads(file.read_text())
    return values


class Environment:
    """Reads and converts settings; a value that does not convert names its variable."""

    def __init__(self) -> None:
        self._stack = _stack_values()

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
