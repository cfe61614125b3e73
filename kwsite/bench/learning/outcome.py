"""What one run of the bench saw, as plain values that go to JSON and back."""

from dataclasses import dataclass, field
from typing import Any

ERROR = "error"  # the service gave no answer


@dataclass(frozen=True)
class Answered:
    """A query that was searched. `reward` is made of the verifier's word alone, in [0, 1].

    `status`: ok, failed or unverified, by the worker that answered; or `ERROR`.
    """

    number: int
    family: str
    part: str  # of the test, or "stream"
    right: str  # the worker that is right by construction
    worker: str
    status: str
    reward: float
    tokens: int
    simulations: int
    gate_first: bool
    gate_passed: bool
    reflections: int
    workers: int  # that took part
    told: bool = False  # a person said whether the worker was right

    @property
    def verified(self) -> bool:
        """By the right worker: another's verifier may hold the answer to less."""
        return self.status == "ok" and self.worker == self.right


@dataclass(frozen=True)
class Routed:
    """Whom a router chooses for a held-out query, after so many queries of the stream."""

    samples: int
    by: str  # live | fitted
    query: int
    part: str
    right: str
    chosen: str


@dataclass(frozen=True)
class HeldStep:
    """A step of a held-out query with the label of its verifier, and what predicts it.

    `scores`: by predictor and samples, such as "prm 150".
    """

    query: int
    worker: str
    label: float
    chars: int
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Round:
    """A round of learning: what came of it, and the gate's comparison."""

    samples: int
    kind: str
    state: str
    reason: str
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Learning:
    """Everything that was measured."""

    model: str
    command: str
    told: int
    streamed: tuple[Answered, ...]
    before: tuple[Answered, ...]
    after: tuple[Answered, ...]
    routed: tuple[Routed, ...]
    steps: tuple[HeldStep, ...]
    rounds: tuple[Round, ...]
