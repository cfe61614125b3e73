"""Fits the policy network by REINFORCE, over the recorded outcomes in their order (row KA10)."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from kernels.encoder import Vector
from training.nets.fitting import one_thread, require_finite, require_lower, start_from_seed
from training.nets.policy import Advice, PolicyNet
from training.nets.roster import DEPTHS, SIMULATIONS


@dataclass(frozen=True)
class PolicyConfig:
    """How the policy is fitted: one step of Adam on the last `window` outcomes after each.

    Beside them are some of what people said before, or it would be forgotten after 32 outcomes.
    """

    window: int = 32
    recalled: int = 64
    learning_rate: float = 1e-3
    clip: float = 1.0  # of the gradient's norm
    first_passes: int = 40  # steps on the experts' own example prompts, before any outcome
    effort_quantile: float = 0.8  # of the depth and the simulations that rewarded outcomes took
    effort_weight: float = 0.5  # beside the cross-entropy
    newest: int = 5_000  # outcomes that are gone through
    seed: int = 0

    def __post_init__(self) -> None:
        if self.window < 1 or min(self.recalled, self.first_passes) < 0:
            raise ValueError("the window is above 0; what is recalled and the passes are not below")
        if not 0 < self.effort_quantile < 1:
            raise ValueError("the quantile is within 0..1")


@dataclass(frozen=True, eq=False)
class Lessons:
    """n outcomes, the oldest first: what was asked, who was right or chosen, what it was worth."""

    inputs: Vector  # (n, 398)
    workers: NDArray[np.int64]  # (n,), the one named by a person, else the one chosen
    rewards: Vector  # (n,), in [0, 1]; 1 where a person named the worker
    depths: Vector  # (n,), steps of the answer; NaN where it says nothing
    simulations: Vector  # (n,), until the answer was found; NaN where it says nothing
    told: NDArray[np.bool_]  # (n,), whether a person said who is right

    def __len__(self) -> int:
        return len(self.workers)


@dataclass(frozen=True, eq=False)
class FittedPolicy:
    """The net, with its loss over the last window and what people said, before and after."""

    net: PolicyNet
    loss_before: float
    loss: float


def fit_policy(first: Lessons, outcomes: Lessons, config: PolicyConfig) -> FittedPolicy:
    """Goes through all outcomes as if they came now; the same ones give the same net.

    `first` are the example prompts of the experts. Raises NotFinite, RisingLoss.
    """
    net = PolicyNet()
    start_from_seed(net, config.seed)
    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    known = _joined(_tensors(first), _tensors(outcomes))
    told = np.append(np.arange(len(first)), len(first) + np.flatnonzero(outcomes.told))
    dice = np.random.default_rng(config.seed)
    held_to = told if config.recalled else told[:0]
    recent = np.arange(len(first) + len(outcomes))[-config.window :]
    current = _part(known, np.union1d(recent, held_to))
    with one_thread():
        before = _measured(net, current, config)
        for _ in range(config.first_passes if len(first) else 0):
            _step(net, adam, _part(known, np.arange(len(first))), config)
        for newest in range(len(first) + 1, len(first) + len(outcomes) + 1):
            start = max(len(first), newest - config.window)
            recalled = dice.permutation(told[told < start])[: config.recalled]
            rows = np.concatenate([np.arange(start, newest), recalled])
            _step(net, adam, _part(known, rows), config)
        after = _measured(net, current, config)
    require_finite(net, after)
    require_lower(before, after)
    return FittedPolicy(net.eval(), before, after)


def _step(
    net: PolicyNet, adam: torch.optim.Optimizer, lessons: dict[str, Tensor], config: PolicyConfig
) -> None:
    loss = _loss(net(lessons["inputs"]), lessons, config)
    adam.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(net.parameters(), config.clip)
    adam.step()


def _loss(advice: Advice, lessons: dict[str, Tensor], config: PolicyConfig) -> Tensor:
    """Cross-entropy x reward, plus what depth and simulations miss, x reward."""
    rewards = lessons["rewards"]
    entropy = cross_entropy(advice.logits, lessons["workers"], reduction="none")
    effort = _pinball(advice.depth, lessons["depths"], DEPTHS, config)
    effort = effort + _pinball(advice.simulations, lessons["simulations"], SIMULATIONS, config)
    return (rewards * (entropy + config.effort_weight * effort)).mean()


def _pinball(
    advised: Tensor, taken: Tensor, limits: tuple[int, int], config: PolicyConfig
) -> Tensor:
    """Quantile loss in parts of the range; 0 where nothing is known."""
    low, high = limits
    missing = (taken.nan_to_num(low).clamp(low, high) - advised) / (high - low)
    loss = torch.maximum(config.effort_quantile * missing, (config.effort_quantile - 1) * missing)
    return torch.where(taken.isnan(), torch.zeros_like(loss), loss)


@torch.no_grad()
def _measured(net: PolicyNet, lessons: dict[str, Tensor], config: PolicyConfig) -> float:
    return float(_loss(net(lessons["inputs"]), lessons, config))


def _tensors(lessons: Lessons) -> dict[str, Tensor]:
    return {
        field.name: torch.from_numpy(np.ascontiguousarray(getattr(lessons, field.name)))
        for field in fields(lessons)
    }


def _joined(first: dict[str, Tensor], then: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: torch.cat([first[name], then[name]]) for name in first}


def _part(lessons: dict[str, Tensor], rows: NDArray[np.int64]) -> dict[str, Tensor]:
    return {name: column[rows] for name, column in lessons.items()}
