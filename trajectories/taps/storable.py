"""What is left of a value when PostgreSQL and the rest of us have to be able to take it."""

import math
from typing import Any

DEEPEST = 32
TOO_DEEP = "… [too deep]"
LARGEST = 2**63


def storable_text(text: str) -> str:
    """Without NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def storable(value: Any, depth: int = 0) -> Any:
    """JSON without what is no JSON: NaN, infinities; nothing beyond 64 bits, or too deep."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int) and abs(value) >= LARGEST:
        return str(value)[:100]
    if not isinstance(value, list | dict):
        return value
    if depth >= DEEPEST:
        return TOO_DEEP
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    return {storable_text(key): storable(item, depth + 1) for key, item in value.items()}
