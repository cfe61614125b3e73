"""What both nets need to be fitted the same way twice, and not silently wrong."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from training.not_fitted import FittingFailed


class NotFinite(FittingFailed):
    """A weight or the loss is no finite number."""


class RisingLoss(FittingFailed):
    """The loss is no lower after fitting than before."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order: with several threads, the last bits depend on how many there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def start_from_seed(net: nn.Module, seed: int) -> None:
    """Draws all weights anew: uniform within 1 / sqrt(inputs) of each layer."""
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Linear):
                bound = 1 / math.sqrt(layer.in_features)
                for parameter in layer.parameters():
                    parameter.uniform_(-bound, bound, generator=dice)


def require_finite(net: nn.Module, loss: float) -> None:
    """Raises NotFinite."""
    if not math.isfinite(loss):
        raise NotFinite(f"The loss is {loss}.")
    for name, parameter in net.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            raise NotFinite(f"The weights {name!r} are not all finite.")


def require_lower(before: float, after: float) -> None:
    """Raises RisingLoss unless fitting has brought the loss of what it was fitted on down."""
    if not after < before:
        raise RisingLoss(f"The loss went from {before:.4f} to {after:.4f}.")
