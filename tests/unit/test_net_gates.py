"""The gates of the nets: what counts for a challenger, and that a tie does not."""

from typing import Any

import numpy as np
import pytest

from training.policy.gate import NOBODY, Held, policy_gate, values
from training.prm.gate import HeldSteps, auroc, fit_length_baseline, prm_gate

N = 60
DICE = np.random.default_rng(0)
LABELS = (np.arange(N) % 2).astype(np.float32)
STEPS = HeldSteps(LABELS, tuple(f"q{n // 2}" for n in range(N)))
EVEN = np.full(N, 0.5)


def held(**fields: Any) -> Held:
    plain: dict[str, Any] = {
        "embeddings": np.zeros((N, 384), np.float32),
        "scalars": np.zeros((N, 14), np.float32),
        "chosen": np.zeros(N, np.int64),
        "suggested": np.full(N, NOBODY),
        "rewards": np.full(N, 0.8, np.float32),
        "propensities": np.ones(N, np.float32),
        "queries": tuple(f"q{n}" for n in range(N)),
    }
    return Held(**{**plain, **fields})


def choices(worker: int) -> np.ndarray:
    return np.full(N, worker)


def test_who_follows_a_persons_suggestion_beats_who_does_not() -> None:
    told = held(suggested=choices(3))
    assert values(told, choices(3)).tolist() == [1.0] * N
    assert values(told, choices(0)).tolist() == [0.0] * N
    reason, metrics = policy_gate(told, choices(0), choices(3))
    assert not reason
    assert (metrics["live_accuracy"], metrics["challenger_accuracy"]) == (0, 1)


def test_without_a_suggestion_only_what_was_tried_counts() -> None:
    assert values(held(), choices(0)) == pytest.approx(0.8)
    assert values(held(), choices(1)).tolist() == [0.0] * N
    assert policy_gate(held(), choices(0), choices(1))[0]


def test_what_seldom_comes_out_counts_for_more_but_not_for_all() -> None:
    assert values(held(propensities=np.full(N, 0.5)), choices(0)) == pytest.approx(1.6)
    assert values(held(propensities=np.full(N, 0.001)), choices(0)) == pytest.approx(8.0)


def test_a_router_that_chooses_the_same_does_not_go_live() -> None:
    reason, metrics = policy_gate(held(), choices(0), choices(0))
    assert "does not choose better" in reason
    assert metrics["gain"] == metrics["gain_bound"] == 0


def test_a_gain_on_one_query_asked_often_is_no_gain() -> None:
    new = choices(0)
    new[:40] = 1
    told = np.where(np.arange(N) < 40, 1, 0)
    scattered = held(suggested=told)
    repeated = held(suggested=told, queries=("the same",) * 40 + scattered.queries[40:])
    old = choices(0)
    assert not policy_gate(scattered, old, new)[0]
    worse = new.copy()
    worse[40:50] = 2  # wrong on ten other queries
    assert not policy_gate(scattered, old, worse)[0]
    assert policy_gate(repeated, old, worse)[0]


def test_a_reward_model_that_knows_more_than_step_length_goes_live() -> None:
    reason, metrics = prm_gate(STEPS, live=None, length=EVEN, challenger=0.2 + 0.6 * LABELS)
    assert not reason
    assert metrics["auroc"] == 1
    assert metrics["against"] == "step length"


def test_a_reward_model_that_ties_with_the_live_one_does_not_go_live() -> None:
    scores = 0.2 + 0.6 * LABELS
    reason, metrics = prm_gate(STEPS, live=scores, length=EVEN, challenger=scores)
    assert "does not beat the live one" in reason
    assert metrics["live_auroc"] == 1


def test_a_lower_loss_without_ranking_is_not_enough() -> None:
    """Scores nearer to the mean label lose less than wild ones, and know nothing."""
    wild = np.where(np.arange(N) % 4 < 2, 0.99, 0.01)
    reason, metrics = prm_gate(STEPS, live=None, length=wild, challenger=EVEN)
    assert metrics["comparison"]["gain_bound"] > 0
    assert "AUROC" in reason


def test_steps_that_are_all_right_compare_nothing() -> None:
    right = HeldSteps(np.ones(N, np.float32), STEPS.queries)
    reason, _ = prm_gate(right, live=None, length=EVEN, challenger=np.full(N, 0.9))
    assert "all right, or all wrong" in reason
    assert auroc(EVEN, right.labels) is None


def test_the_baseline_learns_that_long_steps_fail() -> None:
    steps = ["short"] * 30 + ["a very long step " * 20] * 30
    labels = np.array([0.9] * 30 + [0.2] * 30, np.float32)
    scores = fit_length_baseline(steps, labels).scores(["short", "a very long step " * 20])
    assert scores[0] > 0.7 > 0.4 > scores[1]
