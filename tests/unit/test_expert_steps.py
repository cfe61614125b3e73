"""A step is a paragraph; code fences stay whole; the last stated answer counts."""

import pytest

from workers.experts.answers import answer_of_steps, ends_in_answer, stated_answer
from workers.experts.steps import joined, split_numbered, split_steps

CODE = "Here it is:\n```python\ndef f():\n\n    return 1\n\n\nprint(f())\n```"


def test_paragraphs_are_steps_and_joining_them_gives_the_text_again() -> None:
    text = "First.\nStill first.\n\nSecond.\n\nThird."
    assert split_steps(text) == ("First.\nStill first.", "Second.", "Third.")
    assert joined(split_steps(text)) == text


def test_blank_lines_in_a_fence_split_nothing() -> None:
    assert split_steps(f"Plan.\n\n{CODE}\n\nDone.") == ("Plan.", CODE, "Done.")
    assert len(split_steps(CODE.removesuffix("```"))) == 1  # a fence that was never closed
    assert len(split_steps("~~~\na\n\n```\n\nb\n~~~\n\nc")) == 2


def test_blank_lines_alone_are_no_step_and_a_long_paragraph_is_one() -> None:
    assert split_steps("\n\n  \n\na\n\n\n\nb\n") == ("a", "b")
    assert split_steps("word " * 20_000) == (("word " * 20_000).rstrip(),)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So it is 5.\nAnswer: 42", "42"),
        ("**Answer:** $12.00", "$12.00"),
        ("**Final answer: 7**", "7"),
        (r"Thus \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"Answer: $\boxed{18}$", "18"),
        ("#### 1,200", "1,200"),
        ("Therefore, the answer is 42.", "42"),
        ("Answer: 1\n\nNo, wait.\n\nAnswer: 2", "2"),
        (r"\boxed{3}, or rather" + "\nAnswer: 4", "4"),
        ("Answer: Yes, it follows.", "Yes, it follows"),
        ("The question has no answer here.", ""),
        ("Answer:", ""),
        (r"\boxed{never closed", ""),
        ("", ""),
    ],
)
def test_the_answer_stated_last_counts(text: str, answer: str) -> None:
    assert stated_answer(text) == answer


def test_only_the_last_step_can_end_the_steps() -> None:
    assert ends_in_answer(["a", "Answer: 1"])
    assert not ends_in_answer(["Answer: 1", "b"])
    assert not ends_in_answer([])
    assert answer_of_steps(["Answer: 1", "b"]) == "1"


def test_numbered_lines_and_the_answer_are_steps() -> None:
    text = "First, the cakes.\n1. 3 * 4 = 12\n   - four each\n**Step 2:** 12 - 2 = 10\nAnswer: 10"
    assert split_numbered(text) == (
        "First, the cakes.",
        "1. 3 * 4 = 12\n   - four each",
        "**Step 2:** 12 - 2 = 10",
        "Answer: 10",
    )
    fenced = "```python\nx = 1\n1. y\n```"
    assert split_numbered(fenced) == (fenced,)


def test_a_number_that_begins_a_line_is_no_numbering() -> None:
    for text in ("The sum:\n12 + 3 = 15", "It costs\n3.50 in all", "In\n1932: it opened"):
        assert split_numbered(text) == (text,)
