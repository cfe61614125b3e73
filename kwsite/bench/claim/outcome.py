"""What came of one prompt in one arm."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`routed`: the kernel that was tried, as the family it belongs to or "another"; empty: none.

    `fell_back`: that kernel failed its contract, and generation took over.
    """

    family: str
    arm: str
    prompt: str
    text: str
    right: bool
    tokens: int
    ms: float
    routed: str = ""
    fell_back: bool = False
