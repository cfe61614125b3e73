"""What a trajectory was worth."""

import pytest

from trajectories.rewards import Efficiency, Outcome, Process, score

BEST = score(
    Outcome(not_corrected=True, not_redone=True, build_succeeded=True, session_continued=True),
    Process(tool_success_rate=1.0, shell_cleanliness=1.0, error_density=0.0),
    Efficiency(tool_diversity=1.0, duration_s=0.0, file_touch_rate=1.0),
)


def test_the_best_is_one_and_the_worst_is_zero() -> None:
    assert BEST.total == pytest.approx(1)
    worst = score(
        Outcome(not_corrected=False, not_redone=False),
        Process(tool_success_rate=0.0, shell_cleanliness=0.0, error_density=2.0),
        Efficiency(tool_diversity=0.0, file_touch_rate=0.0),
    )
    assert worst.total == 0


def test_the_parts_are_weighted() -> None:
    good = score(Outcome(not_corrected=True), Process(error_density=1.0), Efficiency())
    assert (good.outcome, good.process, good.efficiency) == (1, 0, 0.5)
    assert good.total == pytest.approx(0.40 + 0.25 * 0.5)


def test_what_was_not_heard_of_leaves_its_weight_to_the_rest() -> None:
    assert score(Outcome(not_corrected=True), Process(), Efficiency()).outcome == 1
    mixed = score(Outcome(not_corrected=True, not_redone=False), Process(), Efficiency())
    assert mixed.outcome == pytest.approx(0.35 / 0.60)


def test_nothing_heard_is_neither_good_nor_bad() -> None:
    assert score(Outcome(), Process(), Efficiency()).outcome == 0.5


def test_quicker_is_better() -> None:
    quick = score(Outcome(), Process(), Efficiency(duration_s=1.0))
    slow = score(Outcome(), Process(), Efficiency(duration_s=60.0))
    assert 1 > quick.efficiency > slow.efficiency > 0


def test_a_dislike_outweighs_a_clean_run() -> None:
    clean = Process(tool_success_rate=1.0)
    disliked = score(Outcome(not_corrected=False, not_redone=False), clean, Efficiency())
    assert disliked.total < 0.6 < score(Outcome(), clean, Efficiency()).total


def test_a_reward_tells_its_parts() -> None:
    assert BEST.as_json() == {
        "outcome": 1.0,
        "process": 1.0,
        "efficiency": 1.0,
        "total": pytest.approx(1.0),
    }
