"""Right and wrong answers to reasoning-gym's prompts, told apart by its own scorers."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import reasoning_gym

from kwsite.bench.verifiers.outcome import Item
from kwsite.bench.verifiers.worlds import has_counterexample
from workers.experts.expert import Task

SEED = 11
CALCULATIONS = (
    *("basic_arithmetic", "chain_sum", "products", "simple_equations", "fraction_simplification"),
    *("gcd", "lcm", "decimal_arithmetic", "polynomial_equations", "gsm_symbolic"),
)


def items(count: int) -> Iterator[Item]:
    """Of `count` prompts a family."""
    for family in CALCULATIONS:
        data = reasoning_gym.create_dataset(family, size=count, seed=SEED)
        for entry in data:
            answers = [entry["answer"], *_near_misses(entry["answer"])]
            yield from _scored("math", family, data, entry, answers)
    islands = reasoning_gym.create_dataset(
        "knights_knaves", size=count, seed=SEED, n_people=3, depth_constraint=3, width_constraint=3
    )
    for entry in islands:
        yield from _scored("logic", "knights_knaves", islands, entry, _assignments(entry))
    formulas = reasoning_gym.create_dataset("propositional_logic", size=count, seed=SEED)
    for entry in formulas:
        letters = entry["metadata"]["variables"]
        said = [
            form.format(one, other)
            for one, other in itertools.combinations(letters, 2)
            for form in ("({} ∧ {})", "({} → {})", "(¬{} ∨ ¬{})", "(¬{} ∧ {})")
        ]
        yield from _scored("logic", "propositional_logic", formulas, entry, said)
    for entry in reasoning_gym.create_dataset("syllogism", size=count, seed=SEED):
        follows = is_valid(entry["question"])
        for answer, right in (("Yes", follows), ("No", not follows)):
            yield _item("logic", "syllogism", entry, answer, right)


def is_valid(question: str) -> bool:
    """Of a syllogism. Its generator's own key is not used: it is wrong for some (see DECISIONS)."""
    lines = [line.strip() for line in question.splitlines()]
    premises = [line[3:] for line in lines if line[:2] in ("1.", "2.")]
    conclusion = next(line.rstrip("?") for line in lines if line.endswith("?"))
    return not has_counterexample(premises, conclusion)


def _scored(
    expert: str, family: str, data: Any, entry: dict[str, Any], answers: list[str]
) -> Iterator[Item]:
    """Trivial conclusions are left out, and numbers that the scorer takes besides its own."""
    for answer in answers:
        score = data.score_answer(answer, entry)
        if family == "propositional_logic" and 0.1 < score < 1:
            continue
        if expert != "math" or answer == entry["answer"] or score < 1:
            yield _item(expert, family, entry, answer, score >= 1)


def _item(expert: str, family: str, entry: dict[str, Any], answer: str, right: bool) -> Item:
    steps = ("We think.", f"Answer: {answer}")
    return Item(expert, family, Task(entry["question"]), steps, right)


def _near_misses(answer: str) -> list[str]:
    try:
        value = Fraction(answer)
    except ValueError:
        return ["7"]
    return [str(other) for other in (value + 1, -value, value * 10) if other != value]


def _assignments(entry: dict[str, Any]) -> list[str]:
    terms, names = entry["metadata"]["knight_knave_terms"], entry["metadata"]["names"]
    return [
        ", and ".join(
            f"{name} is {terms['a_knight' if true else 'a_knave']}"
            for name, true in zip(names, truth, strict=True)
        )
        for truth in itertools.product((True, False), repeat=len(names))
    ]
