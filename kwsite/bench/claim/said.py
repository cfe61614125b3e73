"""What an arm said to a prompt."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """An answer with its cost, and the version of the kernel that was tried for it.

    `composed`: the versions of the kernels that were tried together for its parts.
    """

    text: str
    tokens: int
    version: str = ""
    fell_back: bool = False
    composed: tuple[str, ...] = ()
