"""Fits the process reward model on labelled steps, in the order in which they came (row KA11)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from kernels.encoder import Vector
from training.nets.fitting import one_thread, require_finite, require_lower, start_from_seed
from training.nets.prm import PrmNet


@dataclass(frozen=True)
class PrmConfig:
    """How the model is fitted: after every `every` new steps, some mini-batches of the buffer."""

    every: int = 25
    batches: int = 4
    batch_size: int = 64
    learning_rate: float = 1e-3
    decay: float = 1e-2  # of the weights, decoupled (AdamW)
    clip: float = 1.0
    newest: int = 2_000  # steps in the buffer
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.every, self.batches, self.batch_size, self.newest) < 1:
            raise ValueError("every, batches, batch_size and newest are above 0")


@dataclass(frozen=True, eq=False)
class Steps:
    """n labelled steps, the oldest first."""

    inputs: Vector  # (n, 1158)
    labels: Vector  # (n,), in [0, 1]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class FittedPrm:
    """The net, with its loss (nats) over the buffer before and after."""

    net: PrmNet
    loss_before: float
    loss: float


def fit_prm(steps: Steps, config: PrmConfig) -> FittedPrm:
    """Goes through all steps as if they came now; the same ones give the same net.

    Raises ValueError for a label outside [0, 1], NotFinite, RisingLoss.
    """
    if not len(steps) or not ((steps.labels >= 0) & (steps.labels <= 1)).all():
        raise ValueError("there are steps, and their labels are within 0..1")
    net = PrmNet()
    start_from_seed(net, config.seed)
    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, weight_decay=config.decay)
    dice = np.random.default_rng(config.seed)
    inputs, labels = torch.from_numpy(steps.inputs), torch.from_numpy(steps.labels)
    with one_thread():
        before = _measured(net, inputs, labels)
        for seen in (*range(config.every, len(steps), config.every), len(steps)):
            oldest = max(0, seen - config.newest)
            for _ in range(config.batches):
                size = min(config.batch_size, seen - oldest)
                rows = torch.from_numpy(oldest + dice.permutation(seen - oldest)[:size])
                _step(net, adam, inputs[rows], labels[rows], config)
        after = _measured(net, inputs, labels)
    require_finite(net, after)
    require_lower(before, after)
    return FittedPrm(net.eval(), before, after)


def _step(
    net: PrmNet, adam: torch.optim.Optimizer, inputs: Tensor, labels: Tensor, config: PrmConfig
) -> None:
    loss = binary_cross_entropy_with_logits(net(inputs), labels)
    adam.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(net.parameters(), config.clip)
    adam.step()


@torch.no_grad()
def _measured(net: PrmNet, inputs: Tensor, labels: Tensor) -> float:
    return float(binary_cross_entropy_with_logits(net(inputs), labels))
