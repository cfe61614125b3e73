"""Where the router starts: the policy network fitted on the experts' example prompts alone."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch

from kernels.encoder import Vector
from training.nets.policy import PolicyNet, policy_inputs
from training.nets.roster import WORKERS
from training.policy.choosing import EPSILON, Dice, PolicyChoice, by_worker, epsilon_greedy, softmax
from training.policy.learning import Lessons, PolicyConfig, fit_policy


@dataclass(frozen=True, eq=False)
class ColdStart:
    """Routes until a net has learned from outcomes; each worker has its default effort."""

    net: PolicyNet
    efforts: Mapping[str, tuple[int, int]]  # depth and simulations by default

    def __post_init__(self) -> None:
        if set(self.efforts) != set(WORKERS):
            raise ValueError(f"defaults are for {', '.join(WORKERS)}")

    @torch.inference_mode()
    def choose(
        self, embedding: Vector, scalars: Vector, *, epsilon: float = EPSILON, rng: Dice
    ) -> PolicyChoice:
        """`embedding` (384,), `scalars` (14,)."""
        inputs = policy_inputs(embedding[None], scalars[None])
        shares = softmax(self.net(torch.from_numpy(inputs)).logits[0].numpy())
        return epsilon_greedy(by_worker(shares), self.efforts, epsilon=epsilon, rng=rng)


def first_net(first: Lessons, config: PolicyConfig | None = None) -> PolicyNet:
    """What a round of learning starts from, before any outcome. `first`: the example prompts.

    The same prompts give the same net. Raises ValueError unless every worker has some.
    """
    missing = sorted({*range(len(WORKERS))} - {*first.workers.tolist()})
    if missing:
        raise ValueError(f"there is no example for {', '.join(WORKERS[n] for n in missing)}")
    nothing = Lessons(**{one.name: getattr(first, one.name)[:0] for one in fields(first)})
    return fit_policy(first, nothing, config or PolicyConfig()).net
