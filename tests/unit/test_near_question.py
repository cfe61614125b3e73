"""A near duplicate differs in words that mostly mean the same, and in nothing else."""

import json

import pytest

from kernels.reuse.near import differences_of_meaning
from kernels.reuse.question import question
from kwsite.bench.reuse import PARTS, SUITES


def differ(one: str, other: str) -> list[str]:
    return differences_of_meaning(question(one), question(other))


@pytest.mark.parametrize("part", PARTS["near_misses"])
def test_no_near_miss_is_a_near_duplicate_even_if_every_validator_says_yes(part: str) -> None:
    lines = (SUITES / f"near_misses_{part}.jsonl").read_text().splitlines()
    offered = []
    for pair in map(json.loads, lines):
        one, other = question(pair["a"]), question(pair["b"])
        if one.timeless and other.timeless and not differences_of_meaning(one, other):
            offered.append(pair)
    assert len(lines) >= 40
    assert offered == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What are the benefits of yoga?", "What are the advantages of yoga?"),
        ("Which doctor treats skin problems?", "Which physician treats skin issues?"),
        ("When did they build the stadium?", "When was the stadium built?"),
        ("Where do people make the tiles?", "Where are the tiles made?"),
    ],
)
def test_words_that_mostly_mean_the_same_make_a_near_duplicate(one: str, other: str) -> None:
    assert question(one).differences(question(other))
    assert differ(one, other) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What are the benefits of 5 sessions?", "What are the advantages of 50 sessions?"),
        ("What are the benefits of 5 km runs?", "What are the advantages of 5 mile runs?"),
        ("Which mistakes were made in 2019?", "Which errors were made in 2020?"),
        ("What are the benefits of yoga?", "What are not the advantages of yoga?"),
        ("What are the benefits of yoga?", "What were the advantages of yoga?"),
        ("What are the benefits of Oslo?", "What are the advantages of Rome?"),
        ("What are the benefits of yoga?", "What can be the advantages of yoga?"),
        ("Is the trip from Rome to Oslo long?", "Is the journey from Oslo to Rome long?"),
        ("Did Ann notify Bob?", "Did Bob inform Ann?"),
        ("Are guests invited?", "Do they guests invite?"),
        ("When did they build the stadium?", "When did people build the stadium?"),
        ("When did the person build the stadium?", "When was the stadium built?"),
        ("Fix the spelling: they are ill", "Repair the spelling: they are sick"),
    ],
)
def test_what_must_be_equal_keeps_two_questions_apart(one: str, other: str) -> None:
    assert differ(one, other)
