"""When an adapter goes on, goes out, or waits for more answers."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact, hypergeom

from training.adapters.verdicts import (
    Arm,
    Bounds,
    Pairs,
    after_canary,
    after_shadow,
    sign_test,
    while_live,
    worse,
)

BOUNDS = Bounds(least=20, alpha=0.05)


def test_the_test_is_fishers() -> None:
    one, other = Arm(9, 11), Arm(30, 10)
    tail = hypergeom(60, 39, 20).cdf(9)  # 39 of 60 passed; 20 of them are of `one`
    assert worse(one, other) == pytest.approx(tail)
    assert worse(other, one) > 0.95


@pytest.mark.parametrize(
    ("canary", "control", "verdict"),
    [
        (Arm(19, 0), Arm(10, 90), "wait"),  # too few of it
        (Arm(30, 0), Arm(10, 9), "wait"),  # too few of what it is compared with
        (Arm(18, 2), Arm(80, 20), "on"),
        (Arm(16, 4), Arm(80, 20), "on"),  # as good: the gate asked for more
        (Arm(8, 12), Arm(80, 20), "out"),
        (Arm(15, 5), Arm(80, 20), "wait"),  # below, and perhaps by chance
        (Arm(61, 19), Arm(80, 20), "out"),  # below, and it had time
    ],
)
def test_a_canary_goes_on_if_it_is_no_worse(canary: Arm, control: Arm, verdict: str) -> None:
    ruling = after_canary(canary, control, BOUNDS)
    assert ruling.verdict == verdict, ruling.reason
    assert f"{canary} verified against {control}" in ruling.reason


@pytest.mark.parametrize(
    ("pairs", "verdict"),
    [
        (Pairs(10, 5, 0, 4), "wait"),
        (Pairs(10, 6, 0, 4), "on"),
        (Pairs(10, 3, 3, 4), "on"),
        (Pairs(20, 0, 0, 0), "on"),
        (Pairs(10, 0, 6, 4), "out"),
        (Pairs(14, 1, 2, 4), "wait"),
        (Pairs(60, 5, 8, 7), "out"),
    ],
)
def test_an_adapter_leaves_the_shadow_by_its_trials(pairs: Pairs, verdict: str) -> None:
    ruling = after_shadow(pairs, BOUNDS)
    assert ruling.verdict == verdict, ruling.reason


def test_pairs_say_what_each_side_did() -> None:
    pairs = Pairs(both=4, only_adapter=3, only_live=2, neither=1)
    assert (pairs.adapter, pairs.live) == (Arm(7, 3), Arm(6, 4))


def test_a_live_adapter_goes_out_when_it_is_worse_than_what_it_replaced() -> None:
    before = Arm(90, 10)
    assert while_live(Arm(19, 1), before, 1, BOUNDS).verdict == "wait"
    assert while_live(Arm(8, 12), before, 1, BOUNDS).verdict == "out"
    assert while_live(Arm(2, 17), before, 1, BOUNDS).verdict == "wait"  # one short of 20
    assert while_live(Arm(8, 12), Arm(9, 10), 1, BOUNDS).verdict == "wait"


def test_each_look_needs_more_than_the_last() -> None:
    live, before = Arm(13, 7), Arm(90, 10)
    assert 0.05 / 12 < worse(live, before) < 0.05 / 2
    assert while_live(live, before, 1, BOUNDS).verdict == "out"
    assert while_live(live, before, 3, BOUNDS).verdict == "wait"


def looks(passes: np.ndarray, before: Arm) -> Iterator[str]:
    """The verdict of each look at the newest 400 answers, 20 more each time."""
    for look in range(1, len(passes) // 20 + 1):
        window = passes[max(0, look * 20 - 400) : look * 20]
        live = Arm(int(window.sum()), int(len(window) - window.sum()))
        yield while_live(live, before, look, BOUNDS).verdict


def share_rolled_back(rate: float, *, drops_to: float, seeds: int = 60) -> float:
    """Of adapters that pass at `rate` like what they replaced, and from answer 200 on less."""
    out = 0
    for seed in range(seeds):
        dice = np.random.default_rng(seed)
        before = int(dice.binomial(400, rate))
        rates = np.where(np.arange(600) < 200, rate, drops_to)
        passes = dice.random(600) < rates
        out += "out" in looks(passes, Arm(before, 400 - before))
    return out / seeds


def test_looking_often_rings_few_false_alarms() -> None:
    assert share_rolled_back(0.8, drops_to=0.8) <= 0.05


def test_a_rate_that_falls_is_noticed() -> None:
    assert share_rolled_back(0.8, drops_to=0.5) >= 0.95


def test_no_answers_are_no_evidence() -> None:
    assert (Arm(0, 0).rate, worse(Arm(0, 0), Arm(5, 5))) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((3, 7), (8, 2)),
        ((0, 5), (5, 0)),
        ((20, 0), (0, 20)),
        ((200, 150), (230, 120)),
        ((4, 4), (0, 0)),
    ],
)
def test_p_is_that_of_fishers_exact_test(one: tuple[int, int], other: tuple[int, int]) -> None:
    expected = fisher_exact([one, other], alternative="less").pvalue
    assert worse(Arm(*one), Arm(*other)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("wins", "losses"), [(0, 1), (3, 9), (9, 3), (40, 60)])
def test_p_of_the_sign_test_is_the_binomial_one(wins: int, losses: int) -> None:
    expected = binomtest(wins, wins + losses, alternative="less").pvalue
    assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-6)
