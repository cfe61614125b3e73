"""Does the next prompt correct the answer before, or ask the same again?"""

import time
from collections.abc import Sequence

import numpy as np
import pytest

from kwsite.bench.corrections import PARTS, labelled
from trajectories.corrections.detecting import (
    THRESHOLD,
    Direction,
    Vectors,
    corrections,
    examples,
    fit_direction,
)
from trajectories.corrections.phrases import correcting_phrase, goes_on
from trajectories.corrections.redoing import NEAR, asks_again


@pytest.mark.parametrize(
    "prompt",
    [
        "no, I meant the other one",
        "No. Use the second file.",
        "That’s wrong",
        "try again",
        "Please undo that.",
        "this is not what I asked for",
        "Thanks, but you forgot the tests",
        "still failing",
        "Hm, that's not it",
        "I said no libraries",
        "why did you delete my file?",
        "Nice. But the output is wrong.",
    ],
)
def test_these_words_correct(prompt: str) -> None:
    assert correcting_phrase(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "no problem, go on",
        "no, thanks",
        "No",
        "not only this file, that one as well",
        "try again later in cron: add a job for it",
        'Translate "that\'s wrong" into French',
        "Translate this sentence: that is wrong",
        "What does `undo that` do?",
        "```\nno, that's wrong\n```\nexplain this",
        "> you forgot the tests\nwrite an answer to this",
        "add an undo button",
        "you didn't forget anything",
        "is it wrong to do so?",
    ],
)
def test_these_words_do_not(prompt: str) -> None:
    assert not correcting_phrase(prompt)


def test_what_a_phrase_says_is_told() -> None:
    assert correcting_phrase("Hello. You forgot the tests, again and again.") == (
        "you forgot the tests, again and again."
    )


def test_new_tasks_and_agreement_go_on() -> None:
    assert goes_on("write a poem")
    assert goes_on("thanks!")
    assert not goes_on("thanks but the poem has no rhymes")
    assert not goes_on("the poem has no rhymes")


def test_a_long_prompt_takes_no_long() -> None:
    started = time.process_time()
    for text in (" " * 100_000, "\n" * 100_000, "no, " * 30_000, "the a " * 20_000, "'" * 99_999):
        correcting_phrase(text)
        asks_again(text, text[:-1] + "x", cosine=1.0)
    assert time.process_time() - started < 5


def told_apart(texts: Sequence[str]) -> Vectors:
    """Corrections along one axis, everything else along the other."""
    correcting = set(examples()[0]) | {"the door is open"}
    rows = [(1.0, 0.0) if text in correcting else (0.0, 1.0) for text in texts]
    return np.array(rows, dtype=np.float32)


def direction() -> Direction:
    return fit_direction(told_apart)


def test_the_direction_leads_from_one_kind_of_example_to_the_other() -> None:
    found = direction().of(np.array([[1, 0], [0, 1]], dtype=np.float32))
    assert found[0] > 0.5 > THRESHOLD > -0.5 > found[1]


def test_the_embedding_decides_where_no_phrase_speaks() -> None:
    prompts = ["the door is open", "the door is shut", "you forgot the door"]
    found = corrections(prompts, told_apart(prompts), direction())
    assert [one.corrects for one in found] == [True, False, True]
    assert found[0].why.startswith("The next prompt reads like a correction")
    assert found[2].why == "The next prompt says: you forgot the door"


def test_what_opens_as_a_task_is_none_whatever_it_reads_like() -> None:
    vectors = told_apart(["the door is open"])
    assert not corrections(["describe the door"], vectors, direction())[0].corrects


def test_the_labelled_prompts_are_many_and_none_is_an_example() -> None:
    seen = [prompt.casefold() for part in PARTS for prompt in labelled(part)[0]]
    assert len(seen) == len(set(seen)) >= 240
    assert not set(seen) & {prompt.casefold() for group in examples() for prompt in group}


def test_phrases_are_rarely_wrong() -> None:
    parts = [labelled(part) for part in PARTS]
    labels = [label for _, found in parts for label in found]
    said = [bool(correcting_phrase(prompt)) for prompts, _ in parts for prompt in prompts]
    right = sum(a and b for a, b in zip(said, labels, strict=True))
    assert right / sum(said) > 0.95
    assert right / sum(labels) > 0.6


@pytest.mark.parametrize(
    ("prompt", "before"),
    [
        ("Sort the list!", "please sort the list"),
        ("sort the list again", "sort the list"),
        ("try again", "sort the list"),
        ("Redo it, please.", "sort the list"),
    ],
)
def test_the_same_again_is_noticed(prompt: str, before: str) -> None:
    assert asks_again(prompt, before, cosine=0.0)


@pytest.mark.parametrize("prompt", ["continue", "yes", "Go on.", "commit and push"])
def test_moving_on_twice_asks_nothing_again(prompt: str) -> None:
    assert not asks_again(prompt, prompt, cosine=1.0)


def test_a_near_prompt_is_the_same_if_it_names_the_same() -> None:
    assert asks_again("sort all 12 rows by name", "sort the 12 rows by name", cosine=NEAR)
    assert not asks_again("sort all 12 rows by name", "sort the 13 rows by name", cosine=NEAR)
    assert not asks_again("mail Ann about Bob", "mail about it Bob and Ann", cosine=NEAR)
    assert not asks_again("sort all rows", "sort the rows", cosine=NEAR - 0.01)
    assert asks_again("sort all rows", "sort the rows", cosine=0.0, same_question=True)
