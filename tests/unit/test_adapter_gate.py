"""Whether an adapter may go on: strictly better on prompts that it was not trained on."""

import pytest

from training.nightly.gate import Held, adapter_gate


def held(*pairs: tuple[bool | None, bool | None]) -> list[Held]:
    return [Held(f"prompt {n}", before, after) for n, (before, after) in enumerate(pairs)]


def test_an_adapter_that_answers_more_prompts_right_passes() -> None:
    reason, report = adapter_gate(held(*[(False, True)] * 8, *[(True, True)] * 20), least=16)
    assert reason == ""
    assert report is not None
    assert (report.prompts, report.wins, report.losses) == (28, 8, 0)
    assert (report.before, report.after) == (20 / 28, 1.0)


@pytest.mark.parametrize(
    ("wins", "losses"), [(0, 0), (3, 3), (1, 4), (2, 1)], ids=["tie", "even", "worse", "luck"]
)
def test_a_tie_a_loss_and_luck_are_rejected(wins: int, losses: int) -> None:
    both = [(True, True)] * 20
    reason, report = adapter_gate(
        held(*[(False, True)] * wins, *[(True, False)] * losses, *both), least=16
    )
    assert "does not beat what is live" in reason
    assert report is not None
    assert report.gain_bound <= 0


def test_too_few_prompts_that_can_be_judged_prove_nothing() -> None:
    unjudged = [(None, True)] * 20
    reason, report = adapter_gate(held(*[(False, True)] * 10, *unjudged), least=16)
    assert reason == "only 10 held-out prompts could be judged; 16 are needed"
    assert report is None
