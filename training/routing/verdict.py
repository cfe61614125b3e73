"""Whether the kernel that was chosen for a request was right, from what is known of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Signs:
    """What speaks for a choice or against it."""

    served: bool  # the kernel answered; else generation took over after it had failed
    judged: bool = False  # somebody said something of the answer
    approved: bool | None = None  # by the last word; None where it says neither
    failure: Mapping[str, Any] | None = None  # of the kernel, as the reply tells it
    could_fail: bool = False  # its contract, or the app's, had conditions that can fail


def verdict(signs: Signs) -> bool | None:
    """The last word of people counts; else the contract's, where it could have failed."""
    if signs.served and signs.judged:
        return signs.approved
    if not signs.served:
        return False if (signs.failure or {}).get("at_fault", True) else None
    return True if signs.could_fail else None


def could_fail(model: str, checks: list[dict[str, Any]], conditions: object) -> bool:
    """The app asked for conditions, or a model wrote what more than a schema was held to."""
    return bool(conditions) or (model != "none" and any(c["kind"] != "schema" for c in checks))
