"""The ceiling, kernel by kernel, with all kernels as the prior."""

import random

import pytest
from scipy.stats import beta

from kernels.kernel_thresholds import UNREACHABLE, _prior, kernel_thresholds

CEILING = 0.1
THRESHOLD = 0.5


def rows(
    kernel: str, right: int, wrong_at: tuple[float, ...] = ()
) -> list[tuple[float, bool, str]]:
    dice = random.Random(kernel)
    good = [(dice.uniform(0.6, 0.99), True, kernel) for _ in range(right)]
    return good + [(p, False, kernel) for p in wrong_at]


def found(*groups: list[tuple[float, bool, str]], ceiling: float = CEILING) -> dict[str, float]:
    p, fits, kernels = zip(*(row for group in groups for row in group), strict=True)
    return kernel_thresholds(p, fits, kernels, THRESHOLD, ceiling)


def test_a_kernel_without_verdicts_has_the_threshold_of_all() -> None:
    assert found(rows("good", 60)) == {}


@pytest.mark.parametrize(("wrong", "reused"), [(0, 10), (0, 500), (3, 200), (15, 300)])
def test_the_prior_alone_is_just_under_the_ceiling(wrong: int, reused: int) -> None:
    a, b = _prior(wrong, reused, CEILING)
    assert beta.ppf(0.95, a, b) <= CEILING * 1.001
    assert a / (a + b) == pytest.approx((wrong + 0.5) / (reused + 1))


def test_a_mean_at_the_ceiling_gives_a_prior_all_the_same() -> None:
    a, b = _prior(12, 100, CEILING)
    assert a / (a + b) > CEILING


def test_a_kernel_that_is_wrong_gets_a_higher_threshold_than_the_others() -> None:
    thresholds = found(rows("good", 80), rows("bad", 6, (0.7, 0.72)))
    assert set(thresholds) == {"bad"}
    assert thresholds["bad"] > 0.72


def test_enough_right_ones_make_up_for_a_wrong_one() -> None:
    few = found(rows("good", 80), rows("mixed", 3, (0.55,)))
    many = found(rows("good", 80), rows("mixed", 120, (0.55,)))
    assert "mixed" in few
    assert many == {}


def test_a_kernel_that_is_wrong_at_the_top_is_above_all_it_has_shown() -> None:
    thresholds = found(rows("good", 80), rows("bad", 0, (0.9, 0.99, 0.999)))
    assert 0.999 < thresholds["bad"] <= UNREACHABLE


def test_what_lies_below_the_threshold_for_all_counts_for_nothing() -> None:
    assert found(rows("good", 80), rows("far", 2, (0.1, 0.2, 0.3, 0.4))) == {}
