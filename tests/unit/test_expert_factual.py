"""An answer of fact passes only where the evidence has what each of its sentences says."""

import time

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


NAMES = (
    "Zoë Müller founded the firm in 1990 in Köln. The owner is André. Łukasz Żak sold it in 2001."
    " Алиса Петрова продала дом Борису в 1999 году. 王 joined in 2005."
)


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "Zoë Müller",
            "Zoe\u0308 Mu\u0308ller",
            "Köln",
            "in Köln",
            "The owner is André.",
            "André",
        ),
        *("Łukasz Żak sold it in 2001.", "ZOË MÜLLER", "Алиса Петрова продала дом в 1999 году."),
        *("Петрова", "王", "王 joined in 2005."),
    ],
)
def test_names_in_any_script_are_found(answer: str) -> None:
    assert status(answer, evidence=(NAMES,)) == "ok"


@pytest.mark.parametrize(
    "answer",
    [
        *("Łukasz Żak founded the firm in 1990.", "The owner is Andreas.", "Øyvind", "Çelik", "Mü"),
        *("Марк Иванов founded the firm in 1990.", "Елена Петрова продала дом в 1999 году."),
        "Алиса Петрова не продала дом в 1999 году.",
        "The firm was founded in 1990 in Ávila.",
    ],
)
def test_a_name_in_any_script_that_the_evidence_has_not_fails(answer: str) -> None:
    assert status(answer, evidence=(NAMES,)) == "failed"


@pytest.mark.parametrize(
    "answer",
    [
        *("Ünal sold it in 2001.", "李 founded the firm.", "李", "Unal sold it in 2001."),
        *("zoë weber founded the firm in 1990 in köln", "박 founded the firm in 1990 in Köln."),
    ],
)
def test_what_may_be_another_name_does_not_pass(answer: str) -> None:
    assert status(answer, evidence=(NAMES,)) in ("unverified", "failed")
    sold = ("Alice sold the house to Bob.",)
    for name in ("Ünal", "Élodie", "Alex", "张"):
        assert status(f"{name} sold the house to Bob", evidence=sold) == "unverified"


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        ("The bridge cost 5 million.", "The bridge cost more than 5 million."),
        ("The bridge cost 5 million.", "The bridge cost at least 5 million."),
        ("The bridge cost 5 million.", "The bridge cost less than five million."),
        ("The bridge cost more than 5 million.", "The bridge cost 5 million."),
        ("The bridge cost over 5 million.", "The bridge cost under 5 million."),
        ("The bridge cost at least 5 million.", "The bridge cost at most 5 million."),
        ("The tower opened in 1950.", "The tower opened before 1950."),
        ("The tower opened in 1950.", "The tower opened after 1950."),
        ("The tower opened on 3 May 1950.", "The tower opened until May 1950."),
        ("The tower opened after 1950.", "The tower opened in 1950."),
        ("The tower opened after the bridge.", "The tower opened before the bridge."),
        ("The tower opened in 1950.", "The tower did not open in 1950."),
        ("The tower opened in 1950.", "It is false that the tower opened in 1950."),
        ("The plan was sold to people.", "Most of the plan was sold to people."),
    ],
)
def test_a_word_that_bounds_or_turns_is_not_passed_over(evidence: str, answer: str) -> None:
    assert status(answer, evidence=(evidence,)) in ("unverified", "failed")


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        ("The bridge cost more than 5 million.", "It cost more than 5,000,000."),
        ("The tower opened after 1950, before the bridge.", "The tower opened after 1950."),
        ("It has stood here since 1990.", "1990"),
        ("It opened after eight years of work.", "The work took eight years, after it opened."),
        ("It was built by 3 men in 1950.", "It was built in 1950."),
    ],
)
def test_a_bound_that_the_evidence_has_passes(evidence: str, answer: str) -> None:
    assert status(answer, evidence=(evidence,)) == "ok"


def test_very_much_evidence_is_read_once() -> None:
    passages = [f"In passage {n} the bridge opened in 1932. " * 1_400 for n in range(50)]
    answer = "The bridge opened in 1932. " * 30 + "The bridge closed in 1932 in the fog. " * 29
    started = time.process_time()
    assert status(answer, evidence=tuple(passages)) == "failed"
    assert time.process_time() - started < 3


def test_numbers_of_very_many_digits_are_compared_as_they_are_written() -> None:
    digits = "9" * 5_000
    assert status(digits, evidence=(f"It is {digits}.",)) == "ok"
    assert status(f"{digits}8", evidence=(f"It is {digits}.",)) == "failed"
    assert status("1932", evidence=(f"{digits} in 1932.",)) == "ok"
    assert status(digits) == "failed"
