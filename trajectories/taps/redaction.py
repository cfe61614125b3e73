"""Takes secrets out of what agents send, before it is stored."""

from typing import Any

from trajectories.taps.secret_rules import (
    MARK,
    follows_a_name,
    secret_properties,
    without_secrets,
    without_secrets_in_argument,
)


def redacted(text: str) -> tuple[str, int]:
    """The text without its secrets, and how many were taken out."""
    return without_secrets(text)


def redacted_value(value: Any) -> tuple[Any, int]:
    """The same for JSON: texts, names of properties, and all that is named as a secret."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        return _redacted_list(value)
    if isinstance(value, dict):
        return _redacted_object(value)
    return value, 0


def _redacted_list(value: list[Any]) -> tuple[list[Any], int]:
    found, taken = [], 0
    for at, item in enumerate(value):
        if follows_a_name(value, at):
            kept, gone = _hidden(item)
        elif isinstance(item, str):
            kept, gone = without_secrets_in_argument(value, at)
        else:
            kept, gone = redacted_value(item)
        found.append(kept)
        taken += gone
    return found, taken


def _redacted_object(value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    taken, secret = 0, secret_properties(value)
    for key, item in value.items():
        name, in_name = redacted(key)
        found[name], in_item = _hidden(item) if key in secret else redacted_value(item)
        taken += in_name + in_item
    return found, taken


def _hidden(value: Any) -> tuple[Any, int]:
    """All texts and numbers in it."""
    if isinstance(value, dict):
        items = {key: _hidden(item) for key, item in value.items()}
        return {key: kept for key, (kept, _) in items.items()}, sum(n for _, n in items.values())
    if isinstance(value, list):
        kept = [_hidden(item) for item in value]
        return [item for item, _ in kept], sum(taken for _, taken in kept)
    if isinstance(value, bool) or value in (None, "", MARK):
        return value, 0
    return MARK, 1
