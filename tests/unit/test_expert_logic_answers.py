"""z3 decides only about an answer that says one thing; a name or a yes within more is not it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from kernels.execution import Reply
from workers.experts.expert import Task
from workers.experts.logic_expert import EXPERT

CHAIN = "Tom is taller than Ann. Ann is taller than Bob."
SHORTEST, TALLEST = f"{CHAIN} Who is the shortest?", f"{CHAIN} Who is the tallest?"
MAMMAL = "All cats are mammals. Tom is a cat. Is Tom a mammal?"
FOLLOWS = "All men are mortal. Tom is mortal. Does it follow that Tom is a man?"
NO_CATS = "No dogs are cats. Some pets are dogs. Can we conclude that some pets are not cats?"
RAIN = "If it rains, the game stops. It rains. Does it follow that the game stops?"
TALLER = f"{CHAIN} Is Tom taller than Bob?"
ISLAND = (
    "Knights always tell the truth, and knaves always lie. You meet Ann and Bob."
    ' Ann says, "I am a knave or Bob is a knight". What are they?'
)

WRONG = {
    SHORTEST: ("everyone but Bob", "anyone except Bob", "Bob or Ann", "not Bob", "Bob, not"),
    TALLEST: (
        *("isn't Tom", "neither Tom", "Tom's father", "Tom is second", "Tom is the shortest"),
        *(
            "nobody beats Tom's brother",
            "Tom? No.",
            "taller than Tom",
            "Tom is not",
            "It isn't Tom",
        ),
        *("unknown, but Ann", "Tomas"),
    ),
    MAMMAL: (
        *("yes, he is not a mammal", "yes, which is false", "yes, this is not true"),
        *("yes, but Tom is no mammal", "yes, that is a lie", "yes, Tom is a dog", "yes and no"),
        *("it follows that Tom is not a mammal", "true, I doubt it", "yes, mammals are cats"),
    ),
    FOLLOWS: (
        *("no, it follows", "no, Tom is a man", "no, Tom is not a man", "no, which is false"),
        *("it does not follow that Tom is mortal", "no, it is not false"),
    ),
    TALLER: ("yes, Bob is taller than Tom", "yes, Tom is not taller than Bob"),
    NO_CATS: ("yes, some pets are cats", "yes, some cats are not pets"),
    ISLAND: (
        "Ann is a knight and Bob is a knight is false",
        "It is not the case that Ann is a knight and Bob is a knight",
        "Ann is a knight or Bob is a knight",
        "If Ann is a knight, Bob is a knight",
    ),
}
RIGHT = {
    SHORTEST: (
        *(
            "Bob",
            "bob.",
            "**Bob**",
            "Bob is the shortest",
            "Bob is shortest",
            "The shortest is Bob",
        ),
        *("It is Bob", "So Bob is the shortest of them all", "Bob is the shortest person."),
    ),
    MAMMAL: (
        *("Yes", "yes.", "True", "Yes, he is", "Yes, Tom is a mammal.", "Yes, he is a mammal"),
        *("yes, it follows", "Yes, that is correct", "Yes, it is true"),
    ),
    FOLLOWS: (
        *("No", "No.", "False", "No, it does not", "No, it doesn't follow", "It does not follow"),
        *("No, it does not follow that Tom is a man", "No, we cannot conclude that Tom is a man"),
    ),
    NO_CATS: ("Yes", "Yes, we can", "Yes, some pets are not cats", "yes, that follows"),
    RAIN: ("Yes", "Yes, the game stops", "It follows that the game stops"),
    TALLER: ("Yes, Tom is taller than Bob", "yes, he is taller than Bob"),
    f"{CHAIN} Is Bob taller than Tom?": ("No", "No, he is not", "No, Bob isn't taller than Tom"),
    "Tom is older than Ann. Tom is older than Bob. Who is the youngest?": (
        *("Cannot be determined", "It cannot be determined.", "unknown"),
    ),
    ISLAND: (
        "Ann is a knight, and Bob is a knight.",
        "Ann is a knight; Bob is a knight",
        "So Ann is a knight and Bob is not a knave",
        "**Ann**: knight, **Bob**: knight",
    ),
}


def status(prompt: str, answer: str) -> tuple[str, str]:
    found = EXPERT.verify(Task(prompt), [f"Answer: {answer}"], None)
    return found.status, found.how


@pytest.mark.parametrize(("prompt", "answer"), [(p, a) for p, all_ in WRONG.items() for a in all_])
def test_an_answer_that_says_something_else_besides_does_not_pass(prompt: str, answer: str) -> None:
    assert status(prompt, answer)[0] != "ok"


@pytest.mark.parametrize(("prompt", "answer"), [(p, a) for p, all_ in RIGHT.items() for a in all_])
def test_a_right_answer_passes_as_people_put_it(prompt: str, answer: str) -> None:
    assert status(prompt, answer) == ("ok", "z3")


def test_a_yes_that_is_taken_back_is_not_held_to_what_a_model_derives() -> None:
    def says_yes(
        messages: Sequence[dict[str, Any]], schema: dict[str, Any], most: int, heat: float
    ) -> Reply:
        return Reply(json.dumps({"reasoning": "So it is.", "answer": "Yes"}), cut=False)

    for answer, expected in (("yes, which is false", "unverified"), ("Yes", "ok")):
        found = EXPERT.verify(Task("Is it late?"), [f"Answer: {answer}"], says_yes)
        assert found.status == expected
