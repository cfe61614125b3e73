"""What a night came to, for each family."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Answers:
    """How the test prompts were answered; `right` by the bench's own knowledge."""

    asked: int
    right: tuple[bool, ...]
    verified: int
    adapters: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        return sum(self.right) / self.asked


@dataclass(frozen=True)
class FamilyNight:
    """Before and after are of the same prompts, none of which the service was trained on.

    `gate` is what the plan itself counted on prompts that it held out of the traffic.
    """

    family: str
    before: Answers
    after: Answers
    lessons: int
    gate: dict[str, Any] | None
    step: str  # what the last step says
    adapter: str
    state: str


@dataclass(frozen=True)
class Night:
    """Times in seconds: of the plan, and from then on until the adapters were live."""

    command: str
    model: str
    iterations: int
    learning_rate: float
    families: tuple[FamilyNight, ...]
    plan_s: float
    rise_s: float
    steps: tuple[tuple[str, str, str, float], ...]  # kind, family, state, seconds

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
