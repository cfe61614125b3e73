"""What a simulation is worth: the verifier's word first, the reward model's where there is none."""

from collections.abc import Callable, Sequence

from workers.experts.expert import Verified

REFUSED = 0.25  # of the share that held: a refused answer stays below the pruning bound
BLANK = Verified("failed", 0.0, "it comes to no answer", "terminal test")
CUT = Verified("unverified", 0.0, "it was ended before its end", "search")


def reward(scores: Sequence[float], outcome: Verified) -> float:
    """In [0, 1]: what was verified, a part of it where it was refused, else the mean step score."""
    if outcome.status == "ok":
        return outcome.score
    if outcome.status == "failed":
        return REFUSED * outcome.score
    return sum(scores) / len(scores) if scores else 0.0


def worth(scores: Sequence[float], outcome: Verified, adjust: Callable[[float], float]) -> float:
    """The reward with what people said of the worker (row KA12); a refusal stays one."""
    adjusted = adjust(reward(scores, outcome))
    return min(adjusted, REFUSED) if outcome.status == "failed" else adjusted


def verified_reward(outcome: Verified) -> float | None:
    """What labels are made of: the verifier's word alone; None where it had none (row X9).

    What came to no answer was cut off, most often: no verifier saw it, and its steps may be right.
    """
    return None if outcome.status == "unverified" or outcome == BLANK else reward((), outcome)
