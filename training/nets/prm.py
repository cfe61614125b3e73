"""The process reward model (row KA7): how likely a step is to lead to a right answer."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from kernels.encoder import DIMENSIONS, Vector
from training.nets.roster import WORKERS, place_of

INPUTS = 3 * DIMENSIONS + len(WORKERS)  # 1158
RECENT = 3  # steps before, at most


class PrmNet(nn.Module):
    """1158 -> 256 -> 64 -> 1, ReLU between; the sigmoid of the result is the step's score."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(INPUTS, 256)
        self.second = nn.Linear(256, 64)
        self.score = nn.Linear(64, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits, (n,), of (n, 1158) from `step_inputs`."""
        hidden = torch.relu(self.second(torch.relu(self.first(inputs))))
        logits: Tensor = self.score(hidden)[:, 0]
        return logits

    @torch.inference_mode()
    def scores(self, inputs: Vector) -> Vector:
        """Scores in [0, 1], (n,)."""
        found: Vector = torch.sigmoid(self(torch.from_numpy(inputs))).numpy()
        return found


def step_inputs(query: Vector, step: Vector, before: Sequence[Vector], worker: str) -> Vector:
    """(1158,): query, step, mean of the last three steps before (0 where none is), worker.

    All vectors (384,). Raises UnknownWorker.
    """
    recent = np.mean(before[-RECENT:], axis=0) if before else np.zeros(DIMENSIONS)
    one_hot = np.eye(len(WORKERS))[place_of(worker)]
    return np.concatenate([query, step, recent, one_hot]).astype(np.float32)
