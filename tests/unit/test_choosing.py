"""Epsilon-greedy choices."""

import random
from collections import Counter

import numpy as np
import pytest

from training.nets.roster import WORKERS
from training.policy.choosing import PolicyChoice, epsilon_greedy

EFFORTS = {worker: (n + 3, 5 * n + 5) for n, worker in enumerate(WORKERS[:5])} | {
    "analysis": (10, 25)
}
SHARES = dict.fromkeys(WORKERS, 0.1) | {"code": 0.5}
SCALARS = np.zeros(14, dtype=np.float32)


def choices(epsilon: float, count: int = 2000) -> list[PolicyChoice]:
    dice = random.Random(1)
    return [epsilon_greedy(SHARES, EFFORTS, epsilon=epsilon, rng=dice) for _ in range(count)]


def test_without_epsilon_the_likeliest_worker_is_always_chosen() -> None:
    assert {one.worker for one in choices(0)} == {"code"}
    first = choices(0)[0]
    assert (first.depth, first.simulations) == EFFORTS["code"]
    assert not first.explored
    assert first.propensity == 1


def test_one_in_ten_choices_explores_workers_and_efforts() -> None:
    explored = [one for one in choices(0.1) if one.explored]
    assert 140 < len(explored) < 260
    assert {one.worker for one in explored} == set(WORKERS)
    assert {one.depth for one in explored} == set(range(3, 11))
    assert {one.simulations for one in explored} == set(range(5, 26))


def test_the_propensity_is_how_often_a_worker_comes_out() -> None:
    found = choices(0.3, 20_000)
    counts = Counter(one.worker for one in found)
    for worker in WORKERS:
        own = next(one.propensity for one in found if one.worker == worker)
        assert counts[worker] / len(found) == pytest.approx(own, abs=0.01)


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, float("nan")])
def test_an_epsilon_that_is_no_probability_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        epsilon_greedy(SHARES, EFFORTS, epsilon=epsilon, rng=random.Random())
