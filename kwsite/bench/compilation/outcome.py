"""What came of compiling one family, as values."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answered:
    """A held-out prompt, before and after. `by_kernel`: its answer passed and was taken.

    `after` counts what the fallback cost where the kernel was tried in vain.
    """

    prompt: str
    right_before: bool
    tokens_before: int
    right_after: bool
    tokens_after: int
    tried: bool
    by_kernel: bool


@dataclass(frozen=True)
class Compiled:
    """A family: what was learned from, the kernel with its evidence, and the comparison.

    `refusal`: why the gate turned it down, or why there is none. `spec` is empty then only if there
    is none.
    """

    family: str
    kind: str
    asked: int
    accepted: int
    clusters: tuple[int, ...]  # sizes of the families found among the accepted
    spec: dict[str, Any]
    evidence: dict[str, Any]
    refusal: str
    answered: tuple[Answered, ...]

    @property
    def approved(self) -> bool:
        return bool(self.spec) and not self.refusal

    @property
    def right_before(self) -> int:
        return sum(one.right_before for one in self.answered)

    @property
    def right_after(self) -> int:
        return sum(one.right_after for one in self.answered)

    @property
    def tokens_before(self) -> float:
        return sum(one.tokens_before for one in self.answered) / max(1, len(self.answered))

    @property
    def tokens_after(self) -> float:
        return sum(one.tokens_after for one in self.answered) / max(1, len(self.answered))
