"""What people's feedback adds to a worker's step rewards (row KA12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.nets.roster import place_of
from trajectories import ratings

WRONG_WORKER = -0.03
SUGGESTED_WORKER = 0.05
WRONG_ANSWER = -0.05
GOOD_RATING = 0.02
# Feedback alone cannot take a step across the gate at .5 that the model puts clearly on one side:
# four wrong answers, or ten good ratings, reach the bound.
BOUND = 0.2


@dataclass(frozen=True)
class WorkerFeedback:
    """What a person said of an answer by `worker`; what is None was not said.

    Raises UnknownWorker, ValueError.
    """

    worker: str
    wrong_worker: bool | None = None
    suggested: str = ""
    wrong_answer: bool = False
    rating: int | None = None

    def __post_init__(self) -> None:
        place_of(self.worker)
        if self.suggested:
            place_of(self.suggested)
        if self.rating is not None and not 1 <= self.rating <= ratings.BEST:
            raise ValueError(f"a rating is 1 to {ratings.BEST}")
        if self.suggested == self.worker:
            raise ValueError("the worker that answered is no suggestion")
        if self.suggested and self.wrong_worker is False:
            raise ValueError("where another worker is suggested, the one that answered was wrong")

    @property
    def right_worker(self) -> bool | None:
        """Whether the right one answered; None where nobody said."""
        if self.suggested:
            return False
        return None if self.wrong_worker is None else not self.wrong_worker

    def deltas(self) -> dict[str, float]:
        """What it adds to each worker. A suggestion says that the worker was wrong."""
        own = WRONG_WORKER * (self.right_worker is False)
        own += WRONG_ANSWER * self.wrong_answer
        own += GOOD_RATING * (self.rating is not None and self.rating >= ratings.GOOD_FROM)
        found = {self.worker: own} if own else {}
        return found | ({self.suggested: SUGGESTED_WORKER} if self.suggested else {})


@dataclass(frozen=True)
class Deltas:
    """All workers' deltas, as they are now."""

    values: Mapping[str, float] = field(default_factory=dict)

    def adjusted(self, step_reward: float, worker: str) -> float:
        """The reward of a step by `worker`, within [0, 1]."""
        return min(1.0, max(0.0, step_reward + bounded(self.values.get(worker, 0.0))))


def bounded(delta: float) -> float:
    return min(BOUND, max(-BOUND, delta))
