"""A policy network in service, and a process reward model in service."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kernels.encoder import Vector
from training.nets.policy import PolicyNet, policy_inputs
from training.nets.prm import PrmNet, step_inputs
from training.nets.roster import DEPTHS, SIMULATIONS, WORKERS, place_of, within
from training.policy.choosing import EPSILON, Dice, PolicyChoice, by_worker, epsilon_greedy
from training.text_vectors import TextVectors


@dataclass(frozen=True, eq=False)
class NetPolicy:
    """Routes by a fitted net."""

    net: PolicyNet
    snapshot: int | None = None
    digest: str | None = None  # of the snapshot's file

    @torch.inference_mode()
    def choose(
        self, embedding: Vector, scalars: Vector, *, epsilon: float = EPSILON, rng: Dice
    ) -> PolicyChoice:
        """`embedding` (384,), `scalars` (14,)."""
        inputs = policy_inputs(embedding[None], scalars[None])
        advice = self.net(torch.from_numpy(inputs))
        shares = torch.softmax(advice.logits[0], dim=0).numpy()
        effort = (
            within(float(advice.depth[0]), DEPTHS),
            within(float(advice.simulations[0]), SIMULATIONS),
        )
        return epsilon_greedy(
            by_worker(shares),
            dict.fromkeys(WORKERS, effort),
            epsilon=epsilon,
            rng=rng,
            snapshot=self.snapshot,
            digest=self.digest,
        )


@dataclass(frozen=True, eq=False)
class StepScorer:
    """Scores steps with a fitted process reward model."""

    net: PrmNet
    vectors: TextVectors
    snapshot: int | None = None
    digest: str | None = None  # of the snapshot's file

    def score(self, query: str, worker: str, steps: Sequence[str]) -> tuple[float, ...]:
        """How likely each step is to lead to a right answer, in [0, 1]. Raises UnknownWorker."""
        place_of(worker)
        if not steps:
            return ()
        found = self.vectors.of([query, *steps])
        own = [found[step] for step in steps]
        rows = [step_inputs(found[query], one, own[:n], worker) for n, one in enumerate(own)]
        return tuple(self.net.scores(np.stack(rows)).tolist())
