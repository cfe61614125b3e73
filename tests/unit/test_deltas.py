"""Feedback moves step rewards of a worker at once, a little, and only so far."""

import pytest

from training.feedback.deltas import BOUND, Deltas, WorkerFeedback, bounded
from training.nets.roster import UnknownWorker


def test_each_kind_of_feedback_has_its_delta() -> None:
    assert WorkerFeedback("math", wrong_worker=True).deltas() == {"math": -0.03}
    assert WorkerFeedback("math", suggested="code").deltas() == {"math": -0.03, "code": 0.05}
    assert WorkerFeedback("math", wrong_answer=True).deltas() == {"math": -0.05}
    assert WorkerFeedback("math", rating=4).deltas() == {"math": 0.02}
    assert WorkerFeedback("math", rating=3).deltas() == {}
    both = WorkerFeedback("math", suggested="code", wrong_answer=True).deltas()
    assert both == {"math": pytest.approx(-0.08), "code": 0.05}


def test_step_rewards_are_adjusted_within_their_range() -> None:
    deltas = Deltas({"math": -0.05, "code": 0.05})
    assert deltas.adjusted(0.5, "math") == pytest.approx(0.45)
    assert deltas.adjusted(0.5, "logic") == 0.5
    assert deltas.adjusted(0.98, "code") == 1
    assert deltas.adjusted(0.01, "math") == 0


def test_no_amount_of_feedback_counts_for_more_than_the_bound() -> None:
    assert bounded(-9) == -BOUND
    assert Deltas({"math": 5}).adjusted(0.5, "math") == pytest.approx(0.5 + BOUND)


def test_feedback_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(UnknownWorker):
        WorkerFeedback("math", suggested="alchemy")
    with pytest.raises(ValueError, match="1 to 5"):
        WorkerFeedback("math", rating=6)
    with pytest.raises(ValueError, match="no suggestion"):
        WorkerFeedback("math", suggested="math")
