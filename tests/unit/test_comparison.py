"""A challenger is better only if it predicts the same examples strictly better."""

import numpy as np
import pytest

from training.comparison import compare

TRUTH = [True, False] * 30
GROUPS = [f"prompt {n}" for n in range(60)]


def test_a_challenger_that_knows_more_is_better() -> None:
    found = compare([0.6, 0.4] * 30, [0.9, 0.1] * 30, TRUTH, GROUPS)
    assert found.is_better
    assert found.live_loss == pytest.approx(-np.log(0.6))
    assert found.challenger_loss == pytest.approx(-np.log(0.9))
    assert found.gain == pytest.approx(found.live_loss - found.challenger_loss)
    assert found.gain_bound == pytest.approx(found.gain)  # every example gains the same


def test_a_tie_is_no_gain() -> None:
    assert not compare([0.8, 0.2] * 30, [0.8, 0.2] * 30, TRUTH, GROUPS).is_better


def test_a_worse_challenger_is_not_better() -> None:
    found = compare([0.9, 0.1] * 30, [0.6, 0.4] * 30, TRUTH, GROUPS)
    assert found.gain < 0
    assert not found.is_better


def test_a_gain_that_rests_on_one_prompt_is_none() -> None:
    """Forty examples of one prompt are one piece of evidence."""
    live, challenger = [0.5] * 60, [0.9] * 40 + [0.45] * 20
    one = ["the same"] * 40 + GROUPS[:20]
    assert compare(live, challenger, [True] * 60, GROUPS).is_better
    assert not compare(live, challenger, [True] * 60, one).is_better


def test_a_sure_mistake_costs_much_but_not_all() -> None:
    found = compare([0.5] * 60, [0.0] + [0.99] * 59, [True] * 60, GROUPS)
    assert np.isfinite(found.challenger_loss)


@pytest.mark.parametrize(("live", "truth"), [([], []), ([float("nan")], [True]), ([0.5], [])])
def test_what_cannot_be_compared_is_refused(live: list[float], truth: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"nothing to compare|no number"):
        compare(live, live, truth, truth)
