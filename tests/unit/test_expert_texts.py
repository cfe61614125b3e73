"""Creative texts and analyses: the form that was asked for first, then the judge."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from kernels.execution import Reply
from workers.experts.analysis_expert import EXPERT as ANALYSIS
from workers.experts.creative_expert import EXPERT as CREATIVE
from workers.experts.expert import Task
from workers.experts.structure import forms

POEM = "Rain on the moon\nA river of stone\nIt ends too soon\nI walk alone"


class Judge:
    """Gives one verdict, under the schema that it is asked with."""

    def __init__(self, verdict: str, *, cut: bool = False) -> None:
        self.verdict, self.cut, self.asked = verdict, cut, ""

    def __call__(
        self, messages: Sequence[dict[str, Any]], schema: dict[str, Any], most: int, heat: float
    ) -> Reply:
        assert schema["properties"]["verdict"] == {"enum": ["yes", "no"]}
        self.asked = json.dumps(list(messages))
        return Reply(json.dumps({"reason": "Because.", "verdict": self.verdict}), cut=self.cut)


@pytest.mark.parametrize(
    ("prompt", "good", "bad"),
    [
        ("Write a haiku about rain.", "a\nb\nc", "a\nb"),
        ("Write a limerick.", "a\nb\nc\nd\ne", "a\nb\nc"),
        ("Give me five slogans for a shop.", "1. a\n2. b\n3. c\n4. d\n5. e", "- a\n- b"),
        ("List three reasons why cats purr.", "- a\n- b\n- c", "- a\n- b"),
        ("Write exactly 5 words.", "one two three four five", "one two three four"),
        ("Describe it in at most 4 words.", "one two three four", "one two three four five"),
        ("Explain it in at least 3 sentences.", "A b. C d. E f. G h.", "A b. C d."),
        ("Write about 100 words on cats.", "cat " * 110, "cat " * 60),
        ("Tell it in two paragraphs.", "a\n\nb", "a"),
        ("Write a four-line poem with the words moon, river and stone.", POEM, "moon\nriver\nx\ny"),
        ("Describe a market without using the word light.", "A dark one.", "A light one."),
        ("Write a line without the letter e.", "A big dog.", "The dog."),
        ('End with "and so it was."', "Once, and so it was.", "Once."),
        ('Begin with the words "Dear toaster".', "Dear toaster, hello.", "Hello, dear toaster."),
        ("Write two lines that rhyme with 'moon'.", "See it soon\nIn June", "See it now\nHere"),
        ("What are the pros and cons of tea?", "Pros: a\nCons: b", "It is good."),
        (
            "Write a report with sections: Summary, Risks.",
            "# Summary\nx\n# Risks\ny",
            "# Summary\nx",
        ),
        ("Write a poem with a title.", "Rain\n\nIt falls.", "It falls."),
    ],
)
def test_the_form_that_was_asked_for_is_held_to(prompt: str, good: str, bad: str) -> None:
    assert forms(prompt, good)
    assert [form.asked for form in forms(prompt, good) if not form.held] == []
    assert [form.asked for form in forms(prompt, bad) if not form.held] != []


@pytest.mark.parametrize(
    "prompt",
    [
        "The 5 items cost 3 dollars. Explain why.",
        "Summarise: he has 5 ideas and 3 points, and wrote 20 lines of text.",
        "Why are there seven words for snow?",
        "Which of the two names is older?",
        "Tell me about the sonnets of Shakespeare.",
    ],
)
def test_numbers_that_ask_for_no_form_are_let_be(prompt: str) -> None:
    assert forms(prompt, "Because.") == []


def test_a_text_without_its_form_fails_before_any_judge() -> None:
    judge = Judge("yes")
    found = CREATIVE.verify(Task("Write a haiku."), ("Plan: rain.", "one\ntwo\n[END]"), judge)
    assert (found.status, found.how, judge.asked) == ("failed", "structure", "")


@pytest.mark.parametrize(("verdict", "status"), [("yes", "ok"), ("no", "failed")])
def test_the_judge_decides_what_has_its_form(verdict: str, status: str) -> None:
    judge = Judge(verdict)
    steps = ("Plan: rain.", "one\ntwo\nthree\n\n[END]")
    found = CREATIVE.verify(Task("Write a haiku."), steps, judge)
    assert (found.status, found.how) == (status, "judge")
    assert "one\\\\ntwo" in judge.asked or "one\\ntwo" in judge.asked
    assert "Plan" not in judge.asked


def test_without_a_verdict_nothing_passes() -> None:
    steps = ("one\ntwo\nthree\n[END]",)
    assert CREATIVE.verify(Task("Write a haiku."), steps, None).status == "unverified"
    assert (
        CREATIVE.verify(Task("Write a haiku."), steps, Judge("yes", cut=True)).status
        == "unverified"
    )
    assert CREATIVE.verify(Task("Write a haiku."), steps, Judge("maybe")).status != "ok"
    assert CREATIVE.verify(Task("Write a haiku."), ("[END]",), Judge("yes")).status == "failed"


def test_a_creative_text_ends_where_it_says_so_and_leaves_the_plan_out() -> None:
    steps = ("Plan: rain.", "one\n\ntwo", "three [END]")
    assert CREATIVE.is_terminal(steps)
    assert not CREATIVE.is_terminal(steps[:2])
    assert not CREATIVE.is_terminal(("Plan: [END]",))
    assert CREATIVE.final_answer(("Plan: one\ntwo",)) == "one\ntwo"  # it took the text for a plan
    assert CREATIVE.final_answer(steps) == "one\n\ntwo\n\nthree"
    assert CREATIVE.vote_key("One, two!") == CREATIVE.vote_key("one two")


def test_an_analysis_ends_in_its_conclusion_and_is_judged_as_a_whole() -> None:
    steps = ("Tea is cheap: 2 * 3 = 6.", "**Conclusion:** Drink tea.")
    judge = Judge("yes")
    assert ANALYSIS.is_terminal(steps)
    assert not ANALYSIS.is_terminal(steps[:1])
    assert ANALYSIS.verify(Task("Tea or coffee?"), steps, judge).status == "ok"
    assert "Tea is cheap" in judge.asked
    assert ANALYSIS.verify(Task("Tea or coffee?"), steps, None).status == "unverified"
    assert ANALYSIS.verify(Task("Tea or coffee?"), steps[:1], judge).status == "failed"
    other = ("Coffee is dear.", "Conclusion: drink tea")
    assert ANALYSIS.vote_key(ANALYSIS.final_answer(steps)) == ANALYSIS.vote_key(
        ANALYSIS.final_answer(other)
    )


def test_calculations_in_an_analysis_are_checked() -> None:
    assert ANALYSIS.check_step(Task("?"), ("It costs 2 * 3 = 7.",)).ok is False
    assert ANALYSIS.check_step(Task("?"), ("It costs 2 * 3 = 6.",)).ok is True
    assert ANALYSIS.check_step(Task("?"), ("It is dear.",)).ok is None
