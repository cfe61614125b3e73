"""What a verifier said of answers whose rightness is known."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from workers.experts.expert import Task


@dataclass(frozen=True)
class Item:
    """An answer to a prompt, as steps."""

    expert: str
    family: str
    task: Task
    steps: tuple[str, ...]
    right: bool


@dataclass
class Tally:
    """Verdicts on right and on wrong answers of one family."""

    expert: str
    family: str
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    took_ms: list[float] = field(default_factory=list)

    def add(self, item: Item, status: str, took_ms: float) -> None:
        (self.right if item.right else self.wrong)[status] += 1
        self.took_ms.append(took_ms)

    @property
    def precision(self) -> float | None:
        """The share of passes that are right; None without a pass."""
        passed = self.right["ok"] + self.wrong["ok"]
        return self.right["ok"] / passed if passed else None

    @property
    def recall(self) -> float:
        """The share of right answers that pass."""
        return self.right["ok"] / max(self.right.total(), 1)

    @property
    def refused(self) -> float:
        """The share of wrong answers that fail."""
        return self.wrong["failed"] / max(self.wrong.total(), 1)

    @property
    def p50_ms(self) -> float:
        return median(self.took_ms)


def summed(tallies: Iterable[Tally], expert: str) -> Tally:
    """All families of one expert as one."""
    whole = Tally(expert, "all")
    for tally in tallies:
        if tally.expert == expert:
            whole.right += tally.right
            whole.wrong += tally.wrong
            whole.took_ms += tally.took_ms
    return whole
