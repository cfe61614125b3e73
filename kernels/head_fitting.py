"""Fits the head: two linear models on the exemplars, with background prompts as outliers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.utils.extmath import randomized_svd

from kernels.encoder import Vector, last_mean
from kernels.head import Head, Ids, centered

Loss = Callable[[Vector], tuple[float, Vector]]


@dataclass(frozen=True)
class HeadConfig:
    """How the head is fitted."""

    components: int = 600  # of the pooled layers; the heads are fitted within them
    decay: float = 2e-6  # x the sum of the squared weights
    choice_background: float = 0.1  # weight of the background prompts beside the exemplars
    member_background: float = 0.3
    iterations: int = 40  # of L-BFGS
    shrinkage: float = 0.3  # of a covariance towards a multiple of the identity
    svd_rows: int = 4000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.components < 1 or self.iterations < 1 or not 0 <= self.shrinkage <= 1:
            raise ValueError("components and iterations are above 0, shrinkage is within 0..1")


@dataclass(frozen=True, eq=False)
class Exemplars:
    """n prompts that kernels answer: pooled layers (n, PARTS x 384), and whose each one is."""

    layers: Vector
    kernels: Ids  # (n,), positions in `names`; each kernel has at least one
    names: tuple[str, ...]
    descriptions: Vector  # (C, 384)

    @property
    def plain(self) -> Vector:
        return last_mean(self.layers)


def fit_head(
    exemplars: Exemplars, background: Vector, config: HeadConfig, encoder_digest: str
) -> Head:
    """Fits on the exemplars. `background`: (m, PARTS x 384), prompts for no kernel; m may be 0."""
    center = exemplars.layers.mean(0)
    inputs = centered(exemplars.layers, center)
    outliers = centered(background, center)
    basis = _basis(inputs, config)
    scale = 1 / np.sqrt(((inputs @ basis) ** 2).sum(1).mean())
    small, small_outliers = (inputs @ basis) * scale, (outliers @ basis) * scale
    size = len(exemplars.names)
    known = np.eye(size, dtype=np.float32)[exemplars.kernels]
    choice, choice_bias = _minimised(
        small,
        small_outliers,
        _softmax_loss(known),
        _uniform_loss,
        config.choice_background,
        size,
        config,
    )
    member, member_bias = _minimised(
        small,
        small_outliers,
        _sigmoid_loss(known),
        _none_loss,
        config.member_background,
        size,
        config,
    )
    means = np.array([exemplars.plain[exemplars.kernels == c].mean(0) for c in range(size)])
    return Head(
        encoder_digest,
        exemplars.names,
        center,
        (basis @ choice) * scale,
        choice_bias,
        (basis @ member) * scale,
        member_bias,
        means,
        exemplars.descriptions,
        _whitening(exemplars.plain - means[exemplars.kernels], config.shrinkage),
        _whitening(exemplars.plain - exemplars.plain.mean(0), config.shrinkage),
    )


def _basis(inputs: Vector, config: HeadConfig) -> Vector:
    rows = np.random.default_rng(config.seed).permutation(len(inputs))[: config.svd_rows]
    count = min(config.components, len(rows), inputs.shape[1])
    _, _, right = randomized_svd(inputs[rows], count, n_iter=2, random_state=config.seed)
    basis: Vector = np.asarray(right.T, dtype=np.float32)
    return basis


def _minimised(
    inputs: Vector,
    outliers: Vector,
    loss: Loss,
    outlier_loss: Loss,
    outlier_weight: float,
    size: int,
    config: HeadConfig,
) -> tuple[Vector, Vector]:
    """Weights and bias that minimise loss + outlier_weight x outlier_loss + decay."""

    def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        packed = flat.astype(np.float32).reshape(-1, size)
        weights, bias = packed[:-1], packed[-1]
        total, slope = loss(inputs @ weights + bias)
        gradient = np.vstack([inputs.T @ slope, slope.sum(0)])
        if len(outliers):
            more, slope = outlier_loss(outliers @ weights + bias)
            total += outlier_weight * more
            gradient += outlier_weight * np.vstack([outliers.T @ slope, slope.sum(0)])
        total += config.decay * float((weights**2).sum())
        gradient[:-1] += 2 * config.decay * weights
        return total, gradient.ravel().astype(np.float64)

    start = np.zeros((inputs.shape[1] + 1) * size)
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"maxiter": config.iterations}
    )
    packed = found.x.astype(np.float32).reshape(-1, size)
    return packed[:-1], packed[-1]


def _softmax_loss(known: Vector) -> Loss:
    def loss(logits: Vector) -> tuple[float, Vector]:
        log_p = _log_softmax(logits)
        slope: Vector = (np.exp(log_p) - known) / np.float32(len(known))
        return float(-(known * log_p).sum(1).mean()), slope

    return loss


def _sigmoid_loss(known: Vector) -> Loss:
    def loss(logits: Vector) -> tuple[float, Vector]:
        total = (np.logaddexp(0, logits) - known * logits).sum(1).mean()
        slope: Vector = (_sigmoid(logits) - known) / np.float32(len(known))
        return float(total), slope

    return loss


def _uniform_loss(logits: Vector) -> tuple[float, Vector]:
    """Outliers should prefer no kernel to another."""
    log_p = _log_softmax(logits)
    even = np.float32(1 / logits.shape[1])
    slope: Vector = (np.exp(log_p) - even) / np.float32(len(logits))
    return float(-log_p.mean()), slope


def _none_loss(logits: Vector) -> tuple[float, Vector]:
    """Outliers should belong to no kernel."""
    slope: Vector = _sigmoid(logits) / np.float32(len(logits))
    return float(np.logaddexp(0, logits).sum(1).mean()), slope


def _log_softmax(logits: Vector) -> Vector:
    moved = logits - logits.max(1, keepdims=True)
    log_p: Vector = moved - np.log(np.exp(moved).sum(1, keepdims=True))
    return log_p


def _sigmoid(logits: Vector) -> Vector:
    p: Vector = (1 / (1 + np.exp(-np.clip(logits, -60, 60)))).astype(np.float32)
    return p


def _whitening(residuals: Vector, shrinkage: float) -> Vector:
    """W with W W' = the inverse of the shrunken covariance."""
    covariance = (residuals.T @ residuals).astype(np.float64) / len(residuals)
    size = len(covariance)
    spread = np.trace(covariance) / size
    shrunken = (1 - shrinkage) * covariance + shrinkage * spread * np.eye(size)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(shrunken)), dtype=np.float32)
