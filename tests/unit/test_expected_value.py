"""What a candidate is worth, by numbers worked out by hand."""

import pytest

from kernels.value import ExpectedValue, smoothed, value_words


def test_it_is_the_product_of_its_three_parts() -> None:
    value = ExpectedValue(0.75, 20.0, 40.0, 6, "the replays")
    assert value.tokens_a_day == 600.0
    assert value.as_json()["tokens_a_day"] == 600.0


def test_it_is_unknown_where_nobody_knows_what_the_answers_cost() -> None:
    value = ExpectedValue(0.75, 20.0, None, 6, "the replays")
    assert value.tokens_a_day is None
    assert value_words(value.as_json()) == "P 0.75 × 20 a day × ? tokens"


def test_a_kernel_that_costs_more_is_worth_less_than_nothing() -> None:
    assert ExpectedValue(0.5, 10.0, -4.0, 6, "the replays").tokens_a_day == -20.0


@pytest.mark.parametrize(("right", "tried", "share"), [(0, 0, 0.5), (6, 6, 0.875), (0, 2, 0.25)])
def test_little_evidence_stays_near_one_half(right: int, tried: int, share: float) -> None:
    assert smoothed(right, tried) == share
