"""Families of prompts told apart, with the real embeddings."""

from itertools import combinations

import pytest

from kernels.compiler.clustering import Member, belongs, clusters
from kernels.encoder import embed_all
from kwsite.bench.claim.families import families

FAMILIES = {
    "kilometres": [f"Convert {n} km to m." for n in range(3, 11)],
    "kilograms": [f"Convert {n} kg to g." for n in range(23, 31)],
    "sums": [f"What is {n} plus {20 - n}?" for n in range(3, 11)],
    "products": [f"What is {n} times {20 - n}?" for n in range(3, 11)],
    "tickets": [
        f"Sort this ticket: {text} =>"
        for text in (
            "the app crashes at start",
            "please refund me",
            "where is my parcel",
            "I forgot my password",
            "a fee that I never agreed to",
            "no sound",
            "the courier was rude",
            "hello?",
        )
    ],
    "translations": [
        f"Translate to German: {text}"
        for text in (
            "good morning",
            "the train is late",
            "she likes apples",
            "ten red cars",
            "my brother sings",
            "winter is cold",
            "he lost his key",
            "stop",
        )
    ],
}


def members(prompts: list[str], events: frozenset[str] = frozenset()) -> list[Member]:
    vectors = embed_all(prompts)
    return [Member(prompt, vector, events) for prompt, vector in zip(prompts, vectors, strict=True)]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_stays_together_however_varied(name: str) -> None:
    assert clusters(members(FAMILIES[name])) == [list(range(8))]


@pytest.mark.parametrize(("one", "other"), list(combinations(FAMILIES, 2)))
def test_two_families_are_told_apart_however_alike(one: str, other: str) -> None:
    found = clusters(members(FAMILIES[one] + FAMILIES[other]))
    assert found == [list(range(8)), list(range(8, 16))]


def test_a_prompt_of_no_family_stands_alone() -> None:
    prompts = [*FAMILIES["kilometres"], "Who painted the ceiling of the chapel?"]
    assert clusters(members(prompts)) == [list(range(8)), [8]]


def test_what_was_observed_parts_prompts_that_are_alike() -> None:
    prompts = FAMILIES["kilometres"]
    plain, searched = frozenset(["message"]), frozenset(["message", "tool search"])
    found = clusters(members(prompts[:5], plain) + members(prompts[5:], searched))
    assert found == [[0, 1, 2, 3, 4], [5, 6, 7]]


def test_families_do_not_hang_on_the_order_of_prompts() -> None:
    prompts = [p for both in zip(FAMILIES["sums"], FAMILIES["products"], strict=True) for p in both]
    assert clusters(members(prompts)) == [list(range(0, 16, 2)), list(range(1, 16, 2))]


def test_one_more_prompt_belongs_or_does_not() -> None:
    family = members(FAMILIES["tickets"])
    own, foreign = members(["Sort this ticket: my card was charged twice =>", "What is 2 plus 3?"])
    assert belongs(family, own)
    assert not belongs(family, foreign)


def test_there_may_be_nobody_or_one() -> None:
    assert clusters([]) == []
    assert clusters(members(["Convert 3 km to m."])) == [[0]]


def test_a_few_prompts_of_one_varied_family_stay_together() -> None:
    said = {one.name: [sample.prompt for sample in one.train] for one in families()}
    contacts, invoices = said["contacts"], said["invoices"]
    for start in range(0, 20, 5):
        few = [contacts[(start + 2 * at) % len(contacts)] for at in range(10)]
        assert len(clusters(members(few))) == 1, few
        mixed = [*few[:5], *invoices[start : start + 5]]
        assert len(clusters(members(mixed))) == 2, mixed
