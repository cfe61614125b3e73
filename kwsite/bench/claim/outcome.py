"""What came of one prompt in one arm."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`routed`: the kernel that was tried, as the family it belongs to or "another"; empty: none.

    `fell_back`: that kernel, or the composition, failed, and generation took over. `proposed`: the
    families of the two kernels of a composition that was proposed and tried; empty: none was.
    `why`: what kept the family's own kernel from serving, or where the prompt went instead.
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
    proposed: str = ""
    why: str = ""


@dataclass(frozen=True)
class CompositeOutcome(Outcome):
    """Of a prompt that asks two tasks: `family` names both, `parts_right` counts right answers."""

    parts_right: int = 0
    wording: str = ""
