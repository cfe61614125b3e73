"""What a simulation is worth: the verifier's word first, the reward model's where there is none."""

from collections.abc import Sequence

from workers.experts.expert import Verified

REFUSED = 0.25  # of the share that held: a refused answer stays below the pruning bound
BLANK = Verified("failed", 0.0, "it comes to no answer", "terminal test")


def reward(scores: Sequence[float], outcome: Verified) -> float:
    """In [0, 1]: what was verified, a part of it where it was refused, else the mean step score."""
    if outcome.status == "ok":
        return outcome.score
    if outcome.status == "failed":
        return REFUSED * outcome.score
    return sum(scores) / len(scores) if scores else 0.0


def verified_reward(outcome: Verified) -> float | None:
    """What labels are made of: the verifier's word alone; None where it had none (row X9)."""
    return None if outcome.status == "unverified" else reward((), outcome)
