"""What a search is given, and what it finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.search.budget import Budget
from workers.search.tree import Node

UNCHECKED = 0.5  # the score of a step that nobody can judge


class StepScorer(Protocol):
    """A process reward model (row KA7): one score in [0, 1] a step."""

    def score(self, query: str, worker: str, steps: Sequence[str]) -> tuple[float, ...]: ...


@dataclass(frozen=True)
class Draft:
    """A continuation that the model wrote: its steps, and whether it came to an end by itself.

    `cut`: it was ended from outside, amid a step.
    """

    steps: tuple[str, ...]
    finished: bool
    model: str
    prompt_tokens: int
    completion_tokens: int
    cut: bool = False


class Propose(Protocol):
    """Writes on from these steps, and stops at once when the budget is over. Raises BackendError.

    `hint` says what went wrong before; empty the first time.
    """

    def __call__(
        self, steps: Sequence[str], *, max_tokens: int, temperature: float, hint: str
    ) -> Draft: ...


@dataclass(frozen=True)
class Problem:
    """One question for one expert, and everything that a strategy may use to answer it.

    `verify` says what is wrong with a whole answer, without a model; `examine` may ask one, and is
    for the answer that is to be given. `adjust` applies what people said of the worker to a reward
    in [0, 1] (row KA12). `parallel`: simulations at a time.
    """

    task: Task
    expert: Expert
    propose: Propose
    budget: Budget
    verify: Callable[[Sequence[str]], Verified]
    examine: Callable[[Sequence[str]], Verified] | None = None
    scorer: StepScorer | None = None
    adjust: Callable[[float], float] = float
    simulations: int = 10
    depth: int = 5
    width: int = 4
    parallel: int = 1
    answer_tokens: int = 512  # the longest that one simulation may write
    gate: float = 0.5
    max_reflections: int = 2
    tell: "Callable[[Candidate], None]" = lambda _: None  # each answer as it is found


@dataclass(frozen=True)
class Candidate:
    """A whole answer: its steps, what its verifier and the reward model say, and its reward."""

    steps: tuple[str, ...]
    answer: str
    scores: tuple[float, ...]  # one a step, in [0, 1]
    outcome: Verified
    reward: float
    leaf: Node = field(compare=False, repr=False)
    model: str = ""
    tokens: int = 0  # completion tokens of the simulation that found it

    @property
    def mean_score(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


@dataclass(frozen=True)
class GateReport:
    """Whether the first choice was accepted, the last one, and how often it was thought over."""

    first: bool
    passed: bool
    reflections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a strategy came to; `candidates` in the order of their making."""

    strategy: str
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    root: Node
    gate: GateReport | None
    stopped: str  # why it ended: as `simulation.Stopped` has it

    @property
    def given(self) -> Candidate | None:
        """What was chosen; where nothing came to an answer, the draft with the best steps."""
        drafts = [one for one in self.candidates if any(one.steps)]
        return self.chosen or max(drafts, key=lambda one: one.mean_score, default=None)

    def text(self, expert: Expert) -> str:
        """Of what is given."""
        if self.chosen:
            return expert.reply(self.chosen.steps)
        return "\n\n".join(self.given.steps) if self.given else ""


def step_scores(problem: Problem, steps: Sequence[str]) -> tuple[float, ...]:
    """Of the reward model, or of recomputing where there is none; one a step."""
    if problem.scorer is not None:
        return problem.scorer.score(problem.task.prompt, problem.expert.name, steps)
    checks = [problem.expert.check_step(problem.task, steps[: n + 1]) for n in range(len(steps))]
    return tuple(map(_score, checks))


def _score(check: StepCheck) -> float:
    return UNCHECKED if check.ok is None else float(check.ok)
