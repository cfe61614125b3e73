"""Families for the worker of mathematics: what they ask can be computed from the prompt."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import reasoning_gym

from kwsite.bench.learning.family import Family, Material

EXPRESSION = ("{question}", "What is {asked}?", "Compute {asked}.", "Evaluate {asked} =")
EXPRESSION_OTHER = ("Work out {asked}.", "How much is {asked}?", "Give me the value of {asked}.")


def _gym(name: str, slots: Callable[[dict[str, Any]], dict[str, str]], **config: int) -> Any:
    def draw(random: Random) -> Material:
        seed = random.randrange(2**31)
        (entry,) = reasoning_gym.create_dataset(name, size=1, seed=seed, **config)
        own = slots(entry["metadata"])
        return Material({"question": entry["question"], **own}, f"Answer: {entry['answer']}")

    return draw


def _expression(found: dict[str, Any]) -> dict[str, str]:
    return {"asked": found["expression"]}


def _equation(found: dict[str, Any]) -> dict[str, str]:
    return {"equation": found["equation"], "unknown": found["variable"]}


def _pair(found: dict[str, Any]) -> dict[str, str]:
    one, other = found["numbers"]
    return {"one": str(one), "other": str(other)}


def _fraction(found: dict[str, Any]) -> dict[str, str]:
    return {"top": str(found["numerator"]), "under": str(found["denominator"])}


def _percentage(random: Random) -> Material:
    share, whole = random.randrange(5, 100, 5), random.randrange(20, 400, 20)
    right = f"Answer: {share * whole / 100:g}"
    return Material({"share": str(share), "whole": str(whole)}, right)


def _bracketed(random: Random) -> Material:
    a, b, c = (random.randint(2, 12) for _ in range(3))
    return Material({"asked": f"({a} + {b}) * {c}"}, f"Answer: {(a + b) * c}")


_small = partial(_gym, min_terms=2, max_terms=2, min_digits=1, max_digits=2)

FAMILIES = (
    Family(
        *("math", "basic_arithmetic", _small("basic_arithmetic", _expression)),
        EXPRESSION,
        EXPRESSION_OTHER,
    ),
    Family(
        "math",
        "chain_sum",
        _gym("chain_sum", _expression, min_terms=2, max_terms=4, min_digits=1, max_digits=2),
        EXPRESSION,
        EXPRESSION_OTHER,
    ),
    Family(
        "math",
        "products",
        _gym("products", _expression, min_digits=1, max_digits=2),
        EXPRESSION,
        EXPRESSION_OTHER,
    ),
    Family(
        "math",
        "simple_equations",
        _gym("simple_equations", _equation, min_terms=2, max_terms=2, max_value=12),
        ("{question}", "Solve for {unknown}: {equation}", "What is {unknown} if {equation}?"),
        ("Solve {equation} for {unknown}.", "Determine {unknown} such that {equation}."),
    ),
    Family(
        "math",
        "lcm",
        _gym("lcm", _pair, max_value=20),
        ("{question}", "What is the lcm of {one} and {other}?"),
        ("Compute the least common multiple of {one} and {other}.",),
    ),
    Family(
        "math",
        "gcd",
        _gym("gcd", _pair, min_value=4, max_value=60),
        (),
        ("{question}", "What is the greatest common divisor of {one} and {other}?"),
    ),
    Family(
        "math",
        "fraction_simplification",
        _gym("fraction_simplification", _fraction, max_value=12, max_factor=6),
        (),
        ("{question}", "Reduce {top}/{under} to lowest terms."),
    ),
    Family(
        *("math", "percentage", _percentage, ()),
        ("What is {share}% of {whole}?", "Calculate {share}% of {whole}."),
    ),
    Family(*("math", "brackets", _bracketed, ()), ("{asked} = ?", "Find the result of {asked}.")),
)
