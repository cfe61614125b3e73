"""The verifier of mathematics passes only what it has checked against the prompt."""

import itertools
from collections import Counter
from fractions import Fraction

import pytest
import reasoning_gym

from workers.experts.expert import Task
from workers.experts.math_expert import EXPERT

COUNT = 40


def verdict(prompt: str, *steps: str) -> str:
    return EXPERT.verify(Task(prompt), steps, None).status


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Calculate 5 - 3 - 6.", "-4"),
        ("What is 15% of 240?", "36"),
        ("What is 10/3?", "3.33"),
        ("Solve for x: 3x - 7 = 20", "x = 9"),
        ("Solve x^2 - 5x + 6 = 0", "x = 2, x = 3"),
        ("Solve x^2 - 2 = 0 for x.", r"x = \sqrt{2}, x = -\sqrt{2}"),
        ("Solve x^2 - 2 = 0.", "1.414 and -1.414"),
        (r"What is $\sqrt{16} + 2$?", "6"),
        (r"Simplify the fraction $\frac{84}{126}$.", r"\frac{2}{3}"),
        ("Find the greatest common divisor of 84 and 126.", "42"),
    ],
)
def test_what_the_prompt_claims_decides(prompt: str, answer: str) -> None:
    assert verdict(prompt, "We compute.", f"Answer: {answer}") == "ok"
    assert verdict(prompt, "We compute.", "Answer: 1234567") == "failed"


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("What is the smaller root of x^2 - 5x + 6 = 0?", "2"),
        ("Solve 2x + 3 = 7 and give x^2.", "2"),
        ("Calculate 12 * 3 in base 7.", "36"),
        ("What is 10/3, rounded to a whole number?", "3"),
        ("If 2x = 4, what is x + 5?", "2"),
        ("Tom has 3 apples and buys 4. How many has he?", "7"),
    ],
)
def test_a_prompt_that_asks_for_more_is_not_checked_by_a_part(prompt: str, answer: str) -> None:
    assert verdict(prompt, "We compute.", f"Answer: {answer}") == "unverified"


def test_a_part_of_the_roots_or_a_fraction_not_in_lowest_terms_fails() -> None:
    assert verdict("Solve x^2 - 5x + 6 = 0", "Answer: 2") == "failed"
    assert verdict("Simplify the fraction 84/126.", "Answer: 4/6") == "failed"


def test_right_arithmetic_alone_is_no_pass_and_scores_higher_than_none() -> None:
    prompt = "Tom has 3 bags of 4 apples and eats 2. How many are left?"
    shown = EXPERT.verify(Task(prompt), ("3 * 4 = 12", "12 - 2 = 10\nAnswer: 10"), None)
    bare = EXPERT.verify(Task(prompt), ("Answer: 10",), None)
    wrong = EXPERT.verify(Task(prompt), ("3 * 4 = 13", "13 - 2 = 11\nAnswer: 11"), None)
    assert (shown.status, bare.status, wrong.status) == ("unverified", "unverified", "failed")
    assert shown.score > bare.score > wrong.score
    assert "3 * 4 = 13" in wrong.reason


def test_no_answer_fails() -> None:
    assert verdict("What is 1 + 1?", "It is easy.") == "failed"


def test_a_step_is_checked_alone_and_only_where_it_computes() -> None:
    task = Task("?")
    assert EXPERT.check_step(task, ("1 + 1 = 3", "2 * 2 = 4")).ok is True
    assert EXPERT.check_step(task, ("2 * 2 = 4", "1 + 1 = 3")).ok is False
    assert EXPERT.check_step(task, ("1 + 1 = 3", "Now we think.")).ok is None
    assert EXPERT.check_step(task, ()).ok is None


@pytest.mark.parametrize(
    ("family", "most_unchecked"),
    [
        ("basic_arithmetic", 0),
        ("chain_sum", 0),
        ("products", 0),
        ("simple_equations", 1),
        ("fraction_simplification", 0),
        ("gcd", 0),
        ("lcm", 0),
        ("gsm_symbolic", COUNT),
        ("decimal_arithmetic", COUNT),
        ("time_intervals", COUNT),
    ],
)
def test_no_wrong_answer_passes_and_no_right_one_fails(family: str, most_unchecked: int) -> None:
    data = reasoning_gym.create_dataset(family, size=COUNT, seed=11)
    right, wrong = Counter[str](), Counter[str]()
    for entry in data:
        right[verdict(entry["question"], f"Answer: {entry['answer']}")] += 1
        for answer in _near_misses(entry["answer"]):
            if data.score_answer(answer, entry) < 0.5:
                wrong[verdict(entry["question"], f"Answer: {answer}")] += 1
    assert right["failed"] == 0
    assert wrong["ok"] == 0
    assert right["unverified"] <= most_unchecked
    assert sum(wrong.values()) >= COUNT // 2


def _near_misses(answer: str) -> list[str]:
    try:
        value = Fraction(answer)
    except ValueError:
        return ["7"]
    return list(
        itertools.islice((str(v) for v in (value + 1, -value, value * 10) if v != value), 3)
    )
