"""What the prompt itself decides goes before a judge, whichever worker answered."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from kernels.execution import Reply
from workers.experts.expert import Task, Verified
from workers.experts.registry import EXPERTS
from workers.experts.whoever import verify_with_all

PUZZLE = "All cats are mammals. Tom is a cat. Is Tom a mammal?"
TWICE = "Write a function twice(n) such that twice(2) -> 4"


class Yes:
    """A judge that is pleased with everything."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(
        self, messages: Sequence[dict[str, Any]], schema: dict[str, Any], *_: Any
    ) -> Reply:
        self.asked += 1
        said = {"reason": "fine", "verdict": "yes", "reasoning": "", "answer": "478"}
        kept = {name: said[name] for name in schema["properties"]}
        return Reply(json.dumps(kept), "m", 1, 1, False)


def analysed(prompt: str, conclusion: str, worker: str = "analysis") -> tuple[Verified, int]:
    judge = Yes()
    steps = ("Point 1: we look at it.", f"Conclusion: {conclusion}")
    if worker == "logic":
        steps = (*steps[:1], f"Answer: {conclusion}")
    return verify_with_all(EXPERTS[worker], Task(prompt), steps, judge), judge.asked


@pytest.mark.parametrize(
    "conclusion",
    [
        "478",
        "478.",
        "19 * 22 = 478.",
        "The product of 19 and 22 is 478.",
        "The answer is **478**.",
        "So the result equals 478",
    ],
)
@pytest.mark.parametrize("worker", ["analysis", "creative", "logic"])
def test_a_wrong_sum_is_refuted_without_a_judge(conclusion: str, worker: str) -> None:
    said, asked = analysed("What is 19 * 22?", conclusion, worker)
    assert (said.status, asked) == ("failed", 0)
    assert "418" in said.reason


@pytest.mark.parametrize("conclusion", ["418", "19 * 22 = 418.", "The result is **418**."])
def test_a_right_sum_needs_no_judge(conclusion: str) -> None:
    said, asked = analysed("What is 19 * 22?", conclusion)
    assert (said.status, said.how, asked) == ("ok", "substituted", 0)


@pytest.mark.parametrize(
    "conclusion",
    ["The product of 19 and 22 is 418.", "It is not 418.", "It is about four hundred.", "Easy."],
)
def test_a_judges_yes_is_not_enough_where_the_sum_could_be_checked(conclusion: str) -> None:
    said, asked = analysed("What is 19 * 22?", conclusion)
    assert (said.status, asked) == ("unverified", 0)


def test_one_of_two_roots_in_a_sentence_is_not_taken_for_the_whole_answer() -> None:
    said, _ = analysed("Solve x^2 - 5x + 6 = 0.", "One root is 2, and the other root is 3.")
    assert said.status == "unverified"


def test_a_wrong_calculation_on_the_way_refutes_a_sum() -> None:
    steps = ("Point 1: 19 * 20 = 400", "Conclusion: easy")
    said = verify_with_all(EXPERTS["analysis"], Task("What is 19 * 22?"), steps, Yes())
    assert (said.status, said.how) == ("failed", "recomputed")


@pytest.mark.parametrize(
    ("conclusion", "status"),
    [("yes", "ok"), ("Yes, Tom is a mammal.", "ok"), ("no", "failed"), ("Hardly", "unverified")],
)
def test_a_puzzle_that_z3_reads_is_decided_by_it(conclusion: str, status: str) -> None:
    said, asked = analysed(PUZZLE, conclusion)
    assert (said.status, asked) == (status, 0)


@pytest.mark.parametrize(("factor", "status"), [(2, "ok"), (3, "failed")])
def test_a_program_in_an_analysis_is_held_to_the_examples(factor: int, status: str) -> None:
    code = f"```python\ndef twice(n):\n    return {factor} * n\n```"
    steps = (code, "Conclusion: it doubles.")
    assert verify_with_all(EXPERTS["analysis"], Task(TWICE), steps, Yes()).status == status


def test_without_a_program_given_tests_leave_it_unverified_and_examples_say_nothing() -> None:
    steps = ("Point 1: it doubles.", "Conclusion: it doubles.")
    tested = Task("Explain twice", tests="assert twice(2) == 4")
    assert verify_with_all(EXPERTS["analysis"], tested, steps, Yes()).status == "unverified"
    assert verify_with_all(EXPERTS["analysis"], Task(TWICE), steps, Yes()).how == "judge"


def test_what_no_verifier_reads_is_left_to_the_judge() -> None:
    said, asked = analysed("Should homework be abolished?", "It depends.")
    assert (said.status, said.how, asked) == ("ok", "judge", 1)


def test_the_form_that_was_asked_for_counts_beside_a_right_sum() -> None:
    steps = ("Point 1: 418",)
    said = verify_with_all(EXPERTS["analysis"], Task("What is 19 * 22?"), steps, Yes())
    assert (said.status, said.how) == ("failed", "structure")


def test_evidence_is_no_excuse_for_a_wrong_sum() -> None:
    task = Task("What is 19 * 22?", evidence=("19 times 22 is 478.",))
    said = verify_with_all(EXPERTS["factual"], task, ("Quote: it.", "Answer: 478"), None)
    assert said.status == "failed"
