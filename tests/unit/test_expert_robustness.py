"""No text makes an expert raise, hang, or pass without a check."""

import random
import time

import pytest

from workers.experts.answers import stated_answer
from workers.experts.expert import Expert, Task
from workers.experts.registry import EXPERTS

PIECES = (
    *(
        "Answer: ",
        "12 * 3 = 36",
        "= ",
        "((((",
        "))))",
        "\\boxed{",
        "}",
        "\\frac{1}{0}",
        "1e999",
        "%",
    ),
    *("```python\n", "```", "def f(x): return x", ">>> f(1)\n", "f(2) -> 4", "9" * 50, "^9^9^9"),
    *(
        "All a are b. ",
        "No b are c. ",
        "Does it follow that ",
        "Tom is taller than Ann. ",
        "If it ",
    ),
    *(
        "Knights always tell the truth, and knaves always lie. ",
        "You meet Ann and Bob. ",
        '"',
        "¬(P→Q)",
    ),
    *("Given:\n1. P\n", "What can we conclude from the above statements?", "Conclusion: ", "[END]"),
    *(
        "Context: ",
        "Question: ",
        "Solve for x: ",
        "x^2 = 2",
        "\n\n",
        "\x00",
        "\ud800",
        "½",
        "٣",
        "²",
    ),
    *("Write exactly 0 words. ", "Give me 99999 ideas. ", "haiku ", "the words ", ", and ", " or "),
)
LONG = (
    "(" * 9_000,
    "1+" * 9_000,
    "a b " * 9_000,
    "x = 1\n" * 4_000,
    "All a are b. " * 2_000,
    "[" * 9_000,
)
LATEST_S = 20
MANY = 100_000
REPEATED = (
    *(" ", "\t", "_", "*", "#", "-", "`", "~", "{", "\\(", "$", "“", '"', "9", "\u00a0"),
    *(
        "\\boxed{",
        "\\boxed{}",
        "the answer is ",
        "Answer: ",
        "Answer:\n",
        "f(1) -> 2, ",
        "f(",
        "[1",
    ),
)


@pytest.mark.parametrize("expert", EXPERTS.values(), ids=list(EXPERTS))
def test_random_texts_raise_nothing(expert: Expert) -> None:
    chance = random.Random(7)
    for _ in range(150):
        prompt, first, last = (
            "".join(chance.choices(PIECES, k=chance.randrange(1, 9))) for _ in range(3)
        )
        tried(
            expert, Task(prompt, evidence=(first,) if chance.random() < 0.3 else ()), (first, last)
        )


@pytest.mark.parametrize("expert", EXPERTS.values(), ids=list(EXPERTS))
def test_long_texts_take_no_long_time(expert: Expert) -> None:
    started = time.perf_counter()
    for text in LONG:
        tried(expert, Task(text), (text, f"Answer: {text}"))
        tried(
            expert, Task(f"Calculate {text}", evidence=(text,)), (f"Answer: {text}\nConclusion: a",)
        )
    assert time.perf_counter() - started < LATEST_S


@pytest.mark.parametrize("unit", REPEATED)
def test_what_is_repeated_very_often_is_read_in_one_pass(unit: str) -> None:
    text = unit * (MANY // len(unit))
    started = time.perf_counter()
    for begun in (
        text,
        f"Answer: {text}",
        f"Answer: {text}.",
        f"the answer is {text}",
        f"So {text}",
    ):
        stated_answer(begun)
    for expert in EXPERTS.values():
        tried(expert, Task(text), (f"Answer: {text}", "Answer: 3\nConclusion: a"))
        tried(expert, Task("What is 1 + 1?", evidence=(text,)), ("Plan.", f"Answer: {text}"))
    assert time.perf_counter() - started < LATEST_S


def tried(expert: Expert, task: Task, steps: tuple[str, ...]) -> None:
    found = expert.verify(task, steps, None)
    assert 0 <= found.score <= 1
    assert found.reason
    assert found.how
    expert.check_step(task, steps)
    assert isinstance(expert.vote_key(expert.final_answer(steps)), str)
    assert isinstance(expert.is_terminal(steps), bool)
