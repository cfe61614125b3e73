"""Where a setting comes from: the process environment first, then the running embedded stack.

The environment says the value itself, or in `NAME_FILE` which file holds it. The first goes first.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kwsite.allowed import CHOICES, FLAGS, NUMBERS, OFF, ON, WHOLE_NUMBERS, Range
from trajectories.receipts.keys import BadKey, signing_key_of

T = TypeVar("T", int, float)

# `stack.json` lies in KW_HOME; a client's own address and key are no settings of the service.
NOT_WRITTEN = ("KW_HOME", "KW_BASE_URL", "KW_API_KEY")

CHECKOUT = Path(__file__).resolve().parent.parent
FILE = "_FILE"  # ends the variable that names the file of a setting


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


def service_settings() -> dict[str, str]:
    """The KW_ settings of this process's environment, but for those that name a place or a client.

    The stack writes them down with its connections, so that commands in the same checkout see them.
    """
    names = {name.removesuffix(FILE) for name in os.environ if name.startswith("KW_")}
    values = {name: said(name) for name in sorted(names.difference(NOT_WRITTEN))}
    return {name: text for name, text in values.items() if text}


def said(name: str) -> str:
    """What the environment says of a setting, itself or by a file; empty: nothing."""
    value, file = os.environ.get(name, ""), os.environ.get(name + FILE, "")
    return _content(name, Path(file)) if file and not value else value


def _content(name: str, file: Path) -> str:
    """The file's text, without the line break at its end. It is not repeated in what is said."""
    try:
        text = file.read_text().rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise SystemExit(
            f"{name}{FILE}={str(file)!r} cannot be read ({why}): name a file that this user may "
            "read, or unset it."
        ) from None
    if not text.strip() or "\0" in text:
        raise SystemExit(
            f"{name}{FILE}={str(file)!r} holds no value: write one into it, or unset it."
        )
    return text


def texts(values: object) -> dict[str, str]:
    """`values`; raises ValueError when they are not an object of strings."""
    if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
        raise ValueError("it is not an object of strings")
    return values


class Environment:
    """Reads and converts settings; one that `kwsite.allowed` does not allow ends the process.

    The line says which variable it is and what is allowed. `stack` has the values of the running
    stack, for the processes that work on its parts.
    """

    def __init__(self, stack: Mapping[str, str]) -> None:
        self._stack = stack

    def text(self, name: str, default: str = "") -> str:
        return said(name) or self._stack.get(name) or default

    def number(self, name: str, default: float) -> float:
        return self._within(name, default, float, f"number {NUMBERS[name]}", NUMBERS[name])

    def integer(self, name: str, default: int) -> int:
        allowed = WHOLE_NUMBERS[name]
        return self._within(name, default, int, f"whole number {allowed}", allowed)

    def choice(self, name: str, default: str) -> str:
        found = self.text(name, default)
        if found not in CHOICES[name]:
            raise SystemExit(
                f"{name}={found!r} is not allowed: set it to one of "
                f"{', '.join(CHOICES[name])}, or unset it."
            )
        return found

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name).lower()
        if raw and raw not in ON + OFF:
            raise SystemExit(f"{name}={raw!r} is not allowed: set it to on or off, or unset it.")
        return raw in ON if raw else default

    def signing_key(self, name: str) -> str:
        """The text of an Ed25519 key, or nothing; it is not repeated in what is said of it."""
        raw = self.text(name)
        try:
            if raw:
                signing_key_of(raw)
        except BadKey as error:
            raise SystemExit(
                f"{name} is no Ed25519 key: {error.detail} Set it to one (PEM, or what "
                "`openssl rand -base64 32` gives), or unset it."
            ) from None
        return raw

    def words(self, name: str, default: str) -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def _within(
        self, name: str, default: T, convert: Callable[[str], T], what: str, allowed: Range
    ) -> T:
        raw = self.text(name)
        if not raw:
            return default
        with suppress(ValueError):
            if (converted := convert(raw)) in allowed:
                return converted
        raise SystemExit(f"{name}={raw!r} is no {what}: set it to one, or unset it.")


def require_allowed() -> None:
    """Reads every setting of this process's environment for which there is a rule."""
    environment = Environment({})
    for name in NUMBERS:
        environment.number(name, 0)
    for name in WHOLE_NUMBERS:
        environment.integer(name, 0)
    for name, allowed in CHOICES.items():
        environment.choice(name, allowed[0])
    for name in FLAGS:
        environment.flag(name, False)
    environment.signing_key("KW_RECEIPT_KEY")
