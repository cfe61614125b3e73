"""The nets, and the workers that they know in the order of outputs and of the one-hot input."""

from typing import Literal

from trajectories.errors import KernelWeaveError

Kind = Literal["policy", "prm"]
WORKERS = ("math", "code", "logic", "factual", "creative", "analysis")
DEPTHS = (3, 10)  # fewest and most steps
SIMULATIONS = (5, 25)


class UnknownWorker(KernelWeaveError):
    """The nets know no worker of this name."""


def place_of(worker: str) -> int:
    """The position of a worker. Raises UnknownWorker."""
    if worker not in WORKERS:
        raise UnknownWorker(f"{worker!r} is none of {', '.join(WORKERS)}.")
    return WORKERS.index(worker)


def within(value: float, limits: tuple[int, int]) -> int:
    """The nearest whole number within both limits."""
    return int(min(max(round(value), limits[0]), limits[1]))
