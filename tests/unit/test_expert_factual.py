"""An answer of fact passes only where the evidence has what each of its sentences says."""

import pytest

from workers.experts.expert import Task
from workers.experts.factual_expert import EXPERT
from workers.experts.grounding import evidence_in

BRIDGE = (
    "The Harbour Bridge opened on 19 March 1932 after eight years of work. It was designed by John"
    " Bradfield. The bridge carries eight lanes of traffic. It cost 6.25 million pounds. Mary Smith"
    " did not attend the opening. In 1950 the toll was raised to 10 cents."
)


def status(answer: str, *, prompt: str = "When?", evidence: tuple[str, ...] = (BRIDGE,)) -> str:
    return EXPERT.verify(
        Task(prompt, evidence=evidence), ("It says.", f"Answer: {answer}"), None
    ).status


@pytest.mark.parametrize(
    "answer",
    [
        "It opened on 19 March 1932.",
        "1932",
        "eight years",
        "John Bradfield designed it.",
        "The bridge carries 8 lanes of traffic.",
        "It cost 6,250,000 pounds.",
        "Mary Smith did not attend the opening.",
        "The toll was raised to ten cents in 1950. It opened in 1932.",
    ],
)
def test_what_the_evidence_says_passes(answer: str) -> None:
    assert status(answer) == "ok"


@pytest.mark.parametrize(
    "answer",
    [
        "The bridge opened in 1950.",  # a number of another sentence
        "It was designed by Mary Smith.",  # a name of another sentence
        "It was designed by John Smith.",
        "The bridge carries nine lanes.",
        "Mary Smith attended the opening.",  # which the evidence denies
        "The bridge does not carry eight lanes of traffic.",
        "It opened on 19 March 1933.",
        "It opened on 19 March 1932. It is the longest bridge in the world.",
        "It cost 6.25 billion pounds.",
        "Sydney",
    ],
)
def test_what_it_does_not_say_fails(answer: str) -> None:
    assert status(answer) == "failed"


def test_the_score_is_the_share_of_sentences_that_are_supported() -> None:
    steps = ("Answer: It opened on 19 March 1932. It is the longest bridge in the world.",)
    found = EXPERT.verify(Task("?", evidence=(BRIDGE,)), steps, None)
    assert found.score == 0.5
    assert "longest" in found.reason


def test_without_evidence_nothing_passes() -> None:
    assert status("It opened in 1932.", evidence=()) == "unverified"
    assert status("The evidence does not say.") == "unverified"
    assert status("unknown") == "unverified"
    assert EXPERT.verify(Task("?", evidence=(BRIDGE,)), ("Hm.",), None).status == "failed"


@pytest.mark.parametrize(
    "prompt",
    [
        f"Context: {BRIDGE}\nQuestion: When did it open?",
        f"When did it open?\n\n**Text:**\n{BRIDGE}",
        f'When did the bridge open, by this passage? """{BRIDGE}"""',
        f"When did it open? “{BRIDGE}”",
    ],
)
def test_evidence_is_also_read_from_the_prompt(prompt: str) -> None:
    assert evidence_in(prompt) == (BRIDGE,)
    assert status("It opened in 1932.", prompt=prompt, evidence=()) == "ok"
    assert status("It opened in 1931.", prompt=prompt, evidence=()) == "failed"


def test_an_answer_that_is_too_long_is_not_checked_in_part() -> None:
    assert status("It opened in 1932. " * 61) == "unverified"
    assert status(f"It opened in 1932. {'x' * 9_000}") == "unverified"


def test_a_question_is_no_evidence_for_its_answer() -> None:
    assert evidence_in("Was Ann born in 1932? Answer with the year.") == ()


def test_steps_are_held_to_the_evidence_too() -> None:
    task = Task("?", evidence=(BRIDGE,))
    assert EXPERT.check_step(task, ("It was designed by John Bradfield.",)).ok is True
    assert EXPERT.check_step(task, ("It was designed by Frank Lloyd.",)).ok is False
    assert EXPERT.check_step(Task("?"), ("It was designed by Frank Lloyd.",)).ok is None


def test_numbers_vote_by_value_and_words_in_any_case() -> None:
    assert EXPERT.vote_key("$1,200.00") == EXPERT.vote_key("1200 dollars")
    assert EXPERT.vote_key("John Bradfield.") == EXPERT.vote_key("john bradfield")
    assert EXPERT.vote_key("1932") != EXPERT.vote_key("1933")


@pytest.mark.parametrize("answer", ["The", "it", "no", "It is.", "It opened in 1932. It is so."])
def test_a_sentence_with_nothing_to_look_up_is_not_supported_by_anything(answer: str) -> None:
    assert status(answer) == "unverified"
    assert EXPERT.check_step(Task("?", evidence=(BRIDGE,)), ("It is.",)).ok is None


@pytest.mark.parametrize(
    ("evidence", "right", "wrong"),
    [
        ("It was 5 degrees.", "5 degrees", "-5 degrees"),
        ("It was -5 degrees.", "-5 degrees", "5 degrees"),
        ("It was minus 5 degrees.", "−5 degrees", "5 degrees"),
        ("It was -5 degrees.", "minus five degrees", "five degrees"),
        ("They lost -$5 a day.", "-$5", "$5"),
        ("It lasted from 1939-1945.", "1945", "-1945"),
    ],
)
def test_a_sign_is_part_of_its_number(evidence: str, right: str, wrong: str) -> None:
    assert status(right, evidence=(evidence,)) == "ok"
    assert status(wrong, evidence=(evidence,)) == "failed"


def test_numbers_of_very_many_digits_are_compared_as_they_are_written() -> None:
    digits = "9" * 5_000
    assert status(digits, evidence=(f"It is {digits}.",)) == "ok"
    assert status(f"{digits}8", evidence=(f"It is {digits}.",)) == "failed"
    assert status("1932", evidence=(f"{digits} in 1932.",)) == "ok"
    assert status(digits) == "failed"
