"""Labels of steps come from verifier outcomes at the leaves, and from nothing else."""

import inspect

import pytest

from training.prm import step_labels
from training.prm.step_labels import VerifiedLeaf, VerifierOutcome, step_examples

RIGHT = VerifierOutcome(True, 1.0, "recomputed")
WRONG = VerifierOutcome(False, 0.0, "recomputed")


def test_a_step_is_labelled_by_the_share_of_right_answers_below_it() -> None:
    found = step_examples(
        [
            VerifiedLeaf(("a", "b"), RIGHT),
            VerifiedLeaf(("a", "c"), WRONG),
            VerifiedLeaf(("a", "c", "d"), RIGHT),
            VerifiedLeaf(("e",), WRONG),
        ]
    )
    assert [(one.before, one.step, one.position) for one in found] == [
        ((), "a", "1"),
        (("a",), "b", "1.1"),
        (("a",), "c", "1.2"),
        (("a", "c"), "d", "1.2.1"),
        ((), "e", "2"),
    ]
    assert [one.label for one in found] == [pytest.approx(2 / 3), 1, 0.5, 1, 0]
    assert [one.visits for one in found] == [3, 1, 2, 1, 1]


def test_the_same_words_after_other_steps_are_another_example() -> None:
    found = step_examples([VerifiedLeaf(("a", "x"), RIGHT), VerifiedLeaf(("b", "x"), WRONG)])
    assert {(one.before, one.label) for one in found if one.step == "x"} == {
        (("a",), 1.0),
        (("b",), 0.0),
    }


@pytest.mark.parametrize("how", ["prm", "PRM", "policy", "process reward model", ""])
def test_a_nets_score_is_no_verifier_outcome(how: str) -> None:
    with pytest.raises(ValueError, match="only a verifier"):
        VerifierOutcome(True, 0.9, how)


def test_a_bare_score_cannot_be_put_at_a_leaf() -> None:
    with pytest.raises(TypeError, match="by nothing else"):
        step_examples([VerifiedLeaf(("a",), 0.9)])  # type: ignore[arg-type]


def test_labels_are_made_without_any_scorer() -> None:
    """Neither an argument nor an import leads from a net's score to a label."""
    assert list(inspect.signature(step_examples).parameters) == ["leaves"]
    source = inspect.getsource(step_labels)
    assert "nets" not in source.replace("training.nets", "nets").split('"""', 2)[2]
    assert "scorer" not in source.split('"""', 2)[2]


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan")])
def test_a_score_outside_its_range_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        VerifierOutcome(False, score, "z3")
