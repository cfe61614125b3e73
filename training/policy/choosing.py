"""How the router chooses: epsilon-greedy over what a policy says of a query (row KA3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from kernels.encoder import Vector
from training.nets.roster import DEPTHS, SIMULATIONS, WORKERS, within

T = TypeVar("T")

EPSILON = 0.1


class Dice(Protocol):
    """`random.Random` and numpy's Generator are such."""

    def random(self) -> float: ...


@dataclass(frozen=True)
class PolicyChoice:
    """Who is to answer, and with how much search.

    `propensity` is the probability with which this worker came out, exploring included; an outcome
    is recorded with it. `snapshot` is the row of the net that chose and `digest` that of its file,
    None before one has learned.
    """

    worker: str
    probabilities: dict[str, float]
    depth: int
    simulations: int
    explored: bool
    propensity: float
    snapshot: int | None = None
    digest: str | None = None


class Policy(Protocol):
    """Anything that can route: the live net, or the cold start."""

    def choose(
        self, embedding: Vector, scalars: Vector, *, epsilon: float, rng: Dice
    ) -> PolicyChoice: ...


def epsilon_greedy(
    probabilities: Mapping[str, float],
    efforts: Mapping[str, tuple[int, int]],
    *,
    epsilon: float,
    rng: Dice,
    snapshot: int | None = None,
    digest: str | None = None,
) -> PolicyChoice:
    """The likeliest worker; or, with probability epsilon, any, and any depth and simulations.

    `efforts`: depth and simulations of each worker, were it chosen. Raises ValueError for an
    epsilon outside [0, 1].
    """
    if not 0 <= epsilon <= 1:
        raise ValueError("epsilon is within 0..1")
    greedy = max(WORKERS, key=lambda worker: probabilities[worker])
    explored = rng.random() < epsilon
    worker = _any_of(WORKERS, rng) if explored else greedy
    depth, simulations = efforts[worker]
    if explored:
        depth = _any_of(range(DEPTHS[0], DEPTHS[1] + 1), rng)
        simulations = _any_of(range(SIMULATIONS[0], SIMULATIONS[1] + 1), rng)
    return PolicyChoice(
        worker,
        dict(probabilities),
        within(depth, DEPTHS),
        within(simulations, SIMULATIONS),
        explored,
        epsilon / len(WORKERS) + (1 - epsilon) * (worker == greedy),
        snapshot,
        digest,
    )


def by_worker(values: Sequence[float] | Vector) -> dict[str, float]:
    return {worker: float(value) for worker, value in zip(WORKERS, values, strict=True)}


def softmax(logits: Vector) -> Vector:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    shares: Vector = powers / powers.sum(-1, keepdims=True)
    return shares


def _any_of(options: Sequence[T], rng: Dice) -> T:
    return options[int(rng.random() * len(options))]
