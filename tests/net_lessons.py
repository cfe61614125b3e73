"""Made-up lessons for the nets: each worker's queries point in a direction of their own."""

import numpy as np

from kernels.encoder import DIMENSIONS, Vector
from training.nets.policy import policy_inputs
from training.nets.roster import WORKERS
from training.policy.learning import Lessons
from training.prm.learning import Steps


def embeddings(workers: np.ndarray, seed: int, noise: float = 0.8) -> Vector:
    """(n, 384), unit length: a direction of each worker, with noise."""
    centers = np.random.default_rng(7).normal(size=(len(WORKERS), DIMENSIONS))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    dice = np.random.default_rng(seed)
    drawn = dice.normal(size=(len(workers), DIMENSIONS)) * noise / np.sqrt(DIMENSIONS)
    rows = centers[workers] + drawn
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def lessons(count: int, seed: int = 0, wrong: float = 0.3) -> Lessons:
    """Some chosen worker each; a right one is worth 1, a wrong one 0.1."""
    dice = np.random.default_rng(seed)
    right = dice.integers(len(WORKERS), size=count)
    amiss = dice.random(count) < wrong
    chosen = np.where(amiss, dice.integers(len(WORKERS), size=count), right)
    inputs = policy_inputs(embeddings(right, seed + 1), np.full((count, 14), 0.5, np.float32))
    return Lessons(
        inputs,
        chosen,
        np.where(chosen == right, 1.0, 0.1).astype(np.float32),
        np.where(right < 3, 8, 4).astype(np.float32),
        np.where(right < 3, 20, 6).astype(np.float32),
        np.zeros(count, dtype=np.bool_),
    )


def no_lessons() -> Lessons:
    return part(lessons(1), slice(0, 0))


def part(known: Lessons, rows: slice) -> Lessons:
    return Lessons(
        known.inputs[rows],
        known.workers[rows],
        known.rewards[rows],
        known.depths[rows],
        known.simulations[rows],
        known.told[rows],
    )


def steps(count: int, seed: int = 0) -> Steps:
    """Steps of two kinds, good and bad, that lie some way apart."""
    dice = np.random.default_rng(seed)
    good = dice.random(count) < 0.5
    apart = np.random.default_rng(7).normal(size=1158) / 20
    drawn = dice.normal(size=(count, 1158)) / 20
    inputs = drawn + 0.1 * np.where(good[:, None], apart, -apart)
    return Steps(inputs.astype(np.float32), np.where(good, 0.9, 0.1).astype(np.float32))
