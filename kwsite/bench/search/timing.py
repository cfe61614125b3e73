"""Where the time of a search goes: in the model, in verifying, in scoring steps."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from time import perf_counter
from typing import Any

from workers.search.problem import Problem, StepScorer

MODEL, VERIFY, SCORE = "model", "verify", "score"


@dataclass
class Parts:
    """Seconds by part, summed over simulations that ran at the same time."""

    seconds: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with its time counted for the part."""

        def counting(*args: Any, **kwargs: Any) -> Any:
            began = perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                with self.lock:
                    self.seconds[part] = self.seconds.get(part, 0.0) + perf_counter() - began

        return counting


@dataclass(frozen=True)
class _TimedScorer:
    score: Callable[..., Any]


def with_parts(problem: Problem) -> tuple[Problem, Parts]:
    """The problem with a clock in each of its parts."""
    parts = Parts()
    scorer: StepScorer | None = None
    if problem.scorer is not None:
        scorer = _TimedScorer(parts.timed(SCORE, problem.scorer.score))
    timed = replace(
        problem,
        propose=parts.timed(MODEL, problem.propose),
        verify=parts.timed(VERIFY, problem.verify),
        scorer=scorer,
    )
    return timed, parts
