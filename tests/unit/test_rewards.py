"""What a trajectory was worth."""

import pytest

from trajectories.rewards import SIGNALS, score
from trajectories.signals import Signal, duration


def signals(**values: float) -> list[Signal]:
    return [Signal(name, value, "seen") for name, value in values.items()]


def test_the_best_is_one_and_the_worst_is_zero() -> None:
    assert score(signals(**dict.fromkeys(SIGNALS, 1.0))).total == pytest.approx(1)
    assert score(signals(**dict.fromkeys(SIGNALS, 0.0))).total == 0


def test_the_parts_are_weighted() -> None:
    good = score(signals(not_corrected=1, error_density=0))
    assert (good.outcome, good.process, good.efficiency) == (1, 0, 0.5)
    assert good.total == pytest.approx(0.40 + 0.25 * 0.5)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("not_corrected", 0.40 * 0.35),
        ("not_redone", 0.40 * 0.25),
        ("build_succeeded", 0.40 * 0.20),
        ("session_continued", 0.40 * 0.20),
        ("tool_success_rate", 0.35 * 0.45),
        ("shell_cleanliness", 0.35 * 0.30),
        ("error_density", 0.35 * 0.25),
        ("tool_diversity", 0.25 * 0.35),
        ("duration", 0.25 * 0.35),
        ("file_touch_rate", 0.25 * 0.30),
    ],
)
def test_each_signal_has_its_share_of_the_whole(name: str, share: float) -> None:
    values = dict.fromkeys(SIGNALS, 0.0) | {name: 1.0}
    assert score(signals(**values)).total == pytest.approx(share)


def test_what_was_not_heard_of_leaves_its_weight_to_the_rest() -> None:
    assert score(signals(not_corrected=1)).outcome == 1
    assert score(signals(not_corrected=1, not_redone=0)).outcome == pytest.approx(0.35 / 0.60)


def test_nothing_heard_is_neither_good_nor_bad() -> None:
    assert score([]).total == pytest.approx(0.5)


def test_quicker_is_better() -> None:
    quick, slow = score([duration(1.0)]), score([duration(60.0)])
    assert 1 > quick.efficiency > slow.efficiency > 0


def test_a_dislike_outweighs_a_clean_run() -> None:
    clean = {"tool_success_rate": 1.0, "error_density": 1.0}
    disliked = score(signals(not_corrected=0, not_redone=0, **clean))
    assert disliked.total < 0.6 < score(signals(**clean)).total


def test_a_reward_says_why() -> None:
    told = score([Signal("tool_success_rate", 0.5, "1 of 2 tool calls succeeded")]).as_json()
    assert (told["outcome"], told["process"], told["efficiency"]) == (0.5, 0.5, 0.5)
    assert told["total"] == pytest.approx(0.5)
    assert [signal["name"] for signal in told["signals"]] == list(SIGNALS)
    assert told["signals"][4] == {
        "name": "tool_success_rate",
        "part": "process",
        "weight": 0.45,
        "value": 0.5,
        "why": "1 of 2 tool calls succeeded",
    }
    assert told["signals"][0]["value"] is None


def test_no_signal_is_made_up() -> None:
    with pytest.raises(AssertionError):
        score(signals(charm=1))
