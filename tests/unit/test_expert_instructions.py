"""What experts are told shows a form, and nothing that could be taken for an answer."""

import re

import pytest

from workers.experts.answers import stated_answer
from workers.experts.expert import Expert, Task
from workers.experts.math_expert import check_step
from workers.experts.recomputing import equalities
from workers.experts.registry import EXPERTS
from workers.search.strategies import at_once

every_expert = pytest.mark.parametrize("expert", EXPERTS.values(), ids=EXPERTS)


def told(expert: Expert) -> list[str]:
    asked = expert.messages(Task(""))
    return [expert.closing, at_once(expert).instruction, *(message["content"] for message in asked)]


@every_expert
def test_no_form_that_is_copied_is_an_answer(expert: Expert) -> None:
    for text in told(expert):
        for form in re.findall(r"Answer:[^\n]*?(?=>|\.\.\.|\.?$)(?:>|\.\.\.)?", text, re.MULTILINE):
            assert stated_answer(form) in ("", "unknown")


@every_expert
def test_no_form_states_an_equality(expert: Expert) -> None:
    assert not any(equalities(text) for text in told(expert))


@every_expert
def test_no_form_has_a_number_but_those_of_its_steps(expert: Expert) -> None:
    for text in told(expert):
        assert not re.search(r"\d", re.sub(r"\b(?:Step |Point )?\d(?=[.:])", "", text))


@pytest.mark.parametrize("said", ["<the answer>", "...", "…", "<the number>.", "**<your result>**"])
def test_a_placeholder_is_no_answer(said: str) -> None:
    assert stated_answer(f"Answer: {said}") == ""
    assert stated_answer(f"Answer: 42\n\nAnswer: {said}") == "42"
    assert stated_answer(f"\\boxed{{{said}}}") == ""


@pytest.mark.parametrize("said", ["x < 3 or x > 5", "<b>42</b>", "1, 2, ..."])
def test_what_only_looks_like_a_placeholder_is_an_answer(said: str) -> None:
    assert stated_answer(f"Answer: {said}") == said


@pytest.mark.parametrize("said", ["<42>", "**<42>**", "< 42 >."])
def test_an_answer_in_the_brackets_of_its_form_is_one(said: str) -> None:
    assert stated_answer(f"Answer: {said}") == "42"


def test_a_copied_form_is_no_equality_that_holds() -> None:
    (form,) = re.findall(r"1\. [^\n]*?>\.", told(EXPERTS["math"])[2])
    assert check_step(Task("How many?"), [form]).ok is None
