"""Conditions mined from right outputs: which are found, and which are worth keeping."""

from typing import Any

import pytest

from kernels.compiler.formats import format_of
from kernels.compiler.invariants import invariants
from kernels.compiler.pairs import Pair
from kernels.compiler.selection import Kept, select, wrong_outputs
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import Condition, EvidenceCondition, RegexCondition, SchemaCondition
from kernels.slots import bind

STRING = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}


def pairs_of(*rows: tuple[str, Any]) -> list[Pair]:
    return [Pair(bind(prompt), {"x": output}) for prompt, output in rows]


def labels(pairs: list[Pair]) -> set[str]:
    return {condition.label.partition(": ")[2] for condition in kept_of(pairs, invariants)}


def kept_of(
    pairs: list[Pair], propose: Any, failed: list[Subject] | None = None
) -> list[Condition]:
    return [one.condition for one in kept(pairs, propose, failed)]


def kept(
    pairs: list[Pair],
    propose: Any,
    failed: list[Subject] | None = None,
    schema: dict[str, Any] | None = None,
) -> list[Kept]:
    wrong = wrong_outputs(pairs, failed or [], ())
    contract = [SchemaCondition(json_schema=schema)] if schema else []
    return select(propose, pairs, contract=contract, wrong=wrong, events=())


@pytest.mark.parametrize(
    ("texts", "pattern"),
    [
        (["INV-1007", "INV-2311", "INV-9000"], r"INV\-[0-9]{4}"),
        (["2024-01-31", "2025-12-01", "2023-07-09"], r"[0-9]{4}\-[0-9]{2}\-[0-9]{2}"),
        (["Ann", "Bob", "Cleo"], "[A-Z][a-z]+"),
        (["AB", "CD", "EF"], "[A-Z]{2}"),
        (["7", "12", "305"], "[0-9]+"),
        (["#ff", "#a0"], ""),
        (["tea", "milk"], ""),
        (["Ann", "bob"], ""),
        (["été", "Ann"], ""),
    ],
)
def test_the_format_of_texts_is_read_off_their_runs(texts: list[str], pattern: str) -> None:
    assert format_of(texts) == pattern


def test_what_stands_in_the_prompt_is_kept_for_it_refuses_other_answers() -> None:
    names = ("Ann", "Bob", "Cleo", "Dan", "Eve")
    pairs = pairs_of(*((f"{n} likes figs. Who likes figs? Was it Zoe?", n) for n in names))
    assert labels(pairs) == {"stands in the prompt, as whole words"}


def test_lists_are_held_to_what_they_are_made_of() -> None:
    rows = [(f"Sort {b} {a} {c}", [a, b, c]) for a, b, c in ((1, 5, 9), (2, 3, 8), (0, 4, 6))]
    found = labels(pairs_of(*rows))
    assert found & {"is sorted"}
    assert found & {"has all of the numbers", "all are of the numbers", "as many as numbers"}


def test_relations_between_properties_are_found() -> None:
    rows = [(10, 2, 12), (7, 3, 10), (20, 1, 21), (5, 5, 10), (9, 8, 17)]
    pairs = [
        Pair(bind(f"Bill {n}"), {"net": net, "tax": tax, "total": total})
        for n, (net, tax, total) in enumerate(rows)
    ]
    found = {condition.label for condition in kept_of(pairs, invariants)}
    assert "total: is the sum of net and tax" in found


def test_what_refuses_nothing_more_is_dropped() -> None:
    pairs = pairs_of(*((f"Say {n}", f"word{n}") for n in "abcde"))
    assert kept(pairs, lambda _: [RegexCondition(path="x", pattern=".*")], schema=STRING) == []


def test_few_are_kept_and_the_strongest_first() -> None:
    names = ("Ann", "Bob", "Cleo", "Dan", "Eve")
    found = kept(pairs_of(*((f"{n} sings. Who sings?", n) for n in names)), invariants)
    assert 1 <= len(found) <= 4
    gains = [one.gain for one in found]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) >= 0.04


def test_what_only_held_by_knowing_the_example_is_not_kept() -> None:
    """A bound on the length that was found without the longest text fails on that text."""

    def at_most(pairs: Any) -> list[Condition]:
        most = max(len(pair.output["x"]) for pair in pairs)
        return [RegexCondition(path="x", pattern=f".{{0,{most}}}", label="x: its length")]

    pairs = pairs_of(*(("Say it", "a" * n) for n in (3, 5, 8, 13, 21)))
    assert kept(pairs, at_most) == []


def test_what_does_not_hold_on_every_positive_is_not_kept() -> None:
    pairs = pairs_of(("Say tea", "tea"), ("Say figs", "figs"), ("Say milk", "cream"))
    assert "stands in the prompt" not in labels(pairs)


def test_answers_that_were_denied_speak_for_a_condition() -> None:
    pairs = pairs_of(*((f"Room {n}", f"R{n}") for n in range(10, 15)))
    failed = [Subject(bind("Room 20"), {"x": "room twenty"})]
    only = RegexCondition(path="x", pattern="R[0-9]{2}", label="x: its format")
    assert kept_of(pairs, lambda _: [only], failed) == [only]


def test_an_event_is_required_only_where_wrong_answers_lack_it() -> None:
    condition = EvidenceCondition(event="evidence", label="evidence was observed")
    pairs = pairs_of(*((f"Look up {n}", f"{n}") for n in range(5)))
    found: dict[str, list[Kept]] = {}
    for name, events in (("lacked", ("message",)), ("had", ("message", "evidence"))):
        failed = [Subject(bind("Look up 9"), {"x": "9"}, events)]
        wrong = wrong_outputs(pairs, failed, ("message", "evidence"))
        found[name] = select(
            lambda _: [condition],
            pairs,
            contract=(),
            wrong=wrong,
            events=("message", "evidence"),
        )
    assert [one.condition for one in found["lacked"]] == [condition]
    assert found["had"] == []
