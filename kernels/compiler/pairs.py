"""What bindings and conditions are mined from."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pair:
    """A bound input and the output that was accepted for it."""

    input: dict[str, Any]
    output: dict[str, Any]
