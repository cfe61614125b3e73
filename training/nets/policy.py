"""The policy network (row KA3): which worker a query is for, and how much search it is worth."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kernels.encoder import DIMENSIONS, Vector
from training.nets.roster import DEPTHS, SIMULATIONS, WORKERS
from training.policy.text_features import NAMES

INPUTS = DIMENSIONS + len(NAMES)  # 398
HIDDEN = 256


class Advice(NamedTuple):
    """What the net says of n queries; depth and simulations lie within their limits."""

    logits: Tensor  # (n, 6)
    depth: Tensor  # (n,)
    simulations: Tensor  # (n,)


class PolicyNet(nn.Module):
    """398 -> 256 (ReLU, plus a projection of the input) -> 6 logits, depth, simulations."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(INPUTS, HIDDEN)
        self.residual = nn.Linear(INPUTS, HIDDEN, bias=False)
        self.workers = nn.Linear(HIDDEN, len(WORKERS))
        self.depth = nn.Linear(HIDDEN, 1)
        self.simulations = nn.Linear(HIDDEN, 1)

    def forward(self, inputs: Tensor) -> Advice:
        """`inputs`: (n, 398), from `policy_inputs`."""
        hidden = torch.relu(self.hidden(inputs)) + self.residual(inputs)
        return Advice(
            self.workers(hidden),
            _between(DEPTHS, self.depth(hidden)[:, 0]),
            _between(SIMULATIONS, self.simulations(hidden)[:, 0]),
        )


def policy_inputs(embeddings: Vector, scalars: Vector) -> Vector:
    """Puts (n, 384) and (n, 14) side by side. Only the net reads this; no search of neighbours."""
    inputs: Vector = np.hstack([embeddings, scalars]).astype(np.float32)
    return inputs


def _between(limits: tuple[int, int], logits: Tensor) -> Tensor:
    return limits[0] + (limits[1] - limits[0]) * torch.sigmoid(logits)
