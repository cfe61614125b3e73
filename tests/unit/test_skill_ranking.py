"""Which skill patterns choose for a prompt, and in which order vectors put skills."""

import time

import pytest

from kernels.skills.patterns import Patterned, pattern_of, regex_choice
from kernels.skills.ranking import BestPart, ranked, served_order, vector_choice

SKILLS = (
    Patterned("deploy", (pattern_of("deploy"), pattern_of("ship it"))),
    Patterned("deploy-docs", (r"deploy\s+(the\s+)?docs",)),
    Patterned("about-deploys", (pattern_of("deploy"),)),
    Patterned("silent", ()),
)


@pytest.mark.parametrize(
    ("prompt", "skill"),
    [
        ("Please DEPLOY the docs now", "deploy-docs"),  # the longest find says most
        ("Ship   it!", "deploy"),
        ("Deploy billing", "about-deploys"),  # equally long: the first by name
        ("What was redeployed?", None),  # no whole word
        ("Write a poem", None),
        ("", None),
    ],
)
def test_the_most_specific_pattern_chooses(prompt: str, skill: str | None) -> None:
    found = regex_choice(prompt, SKILLS)
    assert (found.skill if found else None) == skill


def test_a_pattern_takes_linear_time() -> None:
    began = time.process_time()
    assert regex_choice("a" * 50_000, [Patterned("slow", ("(a+)+$|(a|aa)+b",))]) is not None
    assert time.process_time() - began < 1


def part(skill: str, cosine: float) -> BestPart:
    return BestPart(skill, "step", f"a step of {skill}", cosine)


def test_the_rank_is_cosine_times_weight() -> None:
    found = ranked([part("a", 0.5), part("b", 0.6), part("c", 0.4)], {"a": 1.5, "c": 0.5})
    assert [(one.skill, round(one.score, 3), one.weight) for one in found] == [
        ("a", 0.75, 1.5),
        ("b", 0.6, 1.0),
        ("c", 0.2, 0.5),
    ]
    assert found[0].text == "a step of a"


def test_equal_ranks_are_in_the_order_of_names() -> None:
    parts = [part("b", 0.5), part("a", 0.5), part("c", 0.5)]
    assert [one.skill for one in ranked(parts, {})] == ["a", "b", "c"]
    assert ranked(parts, {}) == ranked(parts[::-1], {})


def test_vectors_choose_none_where_nothing_is_near() -> None:
    found = ranked([part("far", 0.3), part("near", 0.26)], {"far": 0.5})
    assert [one.skill for one in found] == ["near", "far"]
    assert vector_choice(found, 0.4) is None
    chosen = vector_choice(found, 0.28)
    assert chosen is not None
    assert chosen.skill == "far"


@pytest.mark.parametrize(
    ("by_regex", "serving", "order"),
    [
        ("c", "regex", ["c", "a", "b"]),
        ("c", "vector", ["a", "b", "c"]),
        (None, "regex", ["a", "b", "c"]),
    ],
)
def test_the_choice_of_patterns_is_first_while_they_serve(
    by_regex: str | None, serving: str, order: list[str]
) -> None:
    found = ranked([part("a", 0.9), part("b", 0.8), part("c", 0.1)], {})
    assert [one.skill for one in served_order(found, by_regex, serving)] == order
