"""When a loss ends a training."""

import math

import pytest

from training.lora.loss_watch import LossWatch
from training.lora.trainer import Diverged, NotFinite


def see(losses: list[float], watch: LossWatch) -> int:
    """How many were let through."""
    for number, loss in enumerate(losses, start=1):
        try:
            watch.see(number, loss)
        except Diverged:
            return number - 1
    return len(losses)


@pytest.mark.parametrize(("loss", "word"), [(math.nan, "NaN"), (math.inf, "infinite")])
def test_a_loss_that_is_no_number_ends_it_and_is_named(loss: float, word: str) -> None:
    watch = LossWatch(began=2.0)
    watch.see(1, 2.0)
    with pytest.raises(NotFinite, match=f"The loss of iteration 2 is {word}"):
        watch.see(2, loss)


@pytest.mark.parametrize(
    "losses",
    [
        [2.0] * 50,
        [2.0, 5.0, 2.0, 1.5, 1.2, 1.0, 4.0] * 5,
        [2.0] * 5 + [2.6] * 50,
        [0.05] * 10 + [0.8] * 20,
    ],
)
def test_noise_and_small_rises_are_let_through(losses: list[float]) -> None:
    assert see(losses, LossWatch(began=losses[0])) == len(losses)


@pytest.mark.parametrize(
    ("losses", "within"),
    [([2.0] + [9.0] * 40, 9), ([2.0] * 20 + [6.0] * 40, 30), ([0.1] * 20 + [2.0] * 40, 30)],
)
def test_a_lasting_rise_is_divergence(losses: list[float], within: int) -> None:
    assert see(losses, LossWatch(began=losses[0])) < within


def test_a_resumed_watch_goes_on_where_it_was() -> None:
    losses = [2.0] * 10 + [5.5] * 20
    whole = LossWatch(began=2.0)
    let = see(losses, whole)
    for cut in (3, 12):
        resumed = LossWatch(losses[:cut], began=2.0)
        assert cut + see(losses[cut:], resumed) == let
