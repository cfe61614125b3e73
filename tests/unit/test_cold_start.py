"""Routing by the experts' example prompts, before a net has learned from outcomes."""

import random

import numpy as np
import pytest
import torch

from tests.net_lessons import embeddings
from training.nets.policy import policy_inputs
from training.nets.roster import WORKERS
from training.policy.cold_start import ColdStart, first_net
from training.policy.learning import Lessons

EFFORTS = {worker: (n + 3, 4 * n + 5) for n, worker in enumerate(WORKERS)}
SCALARS = np.zeros(14, dtype=np.float32)


def examples(*places: int) -> Lessons:
    """Four example prompts of each worker."""
    right = np.repeat(np.array(places), 4)
    scalars = np.zeros((len(right), 14), dtype=np.float32)
    inputs = policy_inputs(embeddings(right, seed=1, noise=0.5), scalars)
    ones = np.ones(len(right), dtype=np.float32)
    return Lessons(inputs, right, ones, 5 * ones, 10 * ones, ones.astype(np.bool_))


def test_queries_like_the_examples_go_to_their_worker_with_its_own_effort() -> None:
    start = ColdStart(first_net(examples(*range(6))), EFFORTS)
    queries = embeddings(np.arange(6), seed=50, noise=0.5)
    for worker, query in zip(WORKERS, queries, strict=True):
        choice = start.choose(query, SCALARS, epsilon=0, rng=random.Random())
        assert choice.worker == worker
        assert (choice.depth, choice.simulations) == EFFORTS[worker]
        assert sum(choice.probabilities.values()) == pytest.approx(1)
        assert choice.snapshot is None


def test_the_same_examples_give_the_same_start() -> None:
    one, other = (first_net(examples(*range(6))).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_every_worker_needs_examples_and_defaults() -> None:
    with pytest.raises(ValueError, match="creative, analysis"):
        first_net(examples(0, 1, 2, 3))
    with pytest.raises(ValueError, match="defaults"):
        ColdStart(first_net(examples(*range(6))), {"math": (3, 5)})
