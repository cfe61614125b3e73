"""Finds out which properties of an output can be read or computed from the prompt.

A relation counts only if it holds on every trace. The simplest one wins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import isclose
from typing import Any

from kernels.slots import LISTS
from kernels.spec import Binding

MIN_DISTINCT = 3  # a relation between numbers must be seen on this many different values


@dataclass(frozen=True)
class Pair:
    """A bound input and the output that was accepted for it."""

    input: dict[str, Any]
    output: dict[str, Any]


@dataclass(frozen=True)
class Mined:
    """The bindings found, and the conditions on the input under which they are unambiguous."""

    bindings: tuple[Binding, ...]
    lists: tuple[str, ...]  # lists whose length the bindings rely on


def mine(pairs: Sequence[Pair]) -> Mined:
    """Bindings for the scalar properties that all outputs share."""
    shared = set.intersection(*(set(pair.output) for pair in pairs))
    found = [(name, _bind(name, pairs)) for name in sorted(shared)]
    bindings = tuple(binding for _, binding in found if binding)
    used = tuple(name for name in LISTS if any(f"input.{name}" in b.expression for b in bindings))
    return Mined(bindings, used)


def same_length(name: str, pairs: Sequence[Pair]) -> int | None:
    """The length that a list of the input has in every pair, if it always has the same."""
    lengths = {len(pair.input[name]) for pair in pairs}
    return lengths.pop() if len(lengths) == 1 else None


def _bind(name: str, pairs: Sequence[Pair]) -> Binding | None:
    values = [pair.output[name] for pair in pairs]
    if all(isinstance(value, str) for value in values):
        return _from_strings(name, pairs)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return _from_numbers(name, pairs)
    return None


def _from_strings(name: str, pairs: Sequence[Pair]) -> Binding | None:
    for part in LISTS:
        if part == "numbers":
            continue
        length = same_length(part, pairs)
        for position in range(length or 0):
            if all(pair.output[name] == pair.input[part][position] for pair in pairs):
                return Binding(property=name, expression=f"input.{part}[{position}]")
    for part in LISTS:
        if part != "numbers" and all(p.output[name] in p.input[part] for p in pairs):
            return Binding(property=name, expression=f"input.{part}", choice=True)
    return None


def _from_numbers(name: str, pairs: Sequence[Pair]) -> Binding | None:
    if len({pair.output[name] for pair in pairs}) < MIN_DISTINCT:
        return None
    count = same_length("numbers", pairs)
    if not count:
        return None
    for expression, values in _relations(count, pairs):
        if all(_close(pair.output[name], v) for pair, v in zip(pairs, values, strict=True)):
            return Binding(property=name, expression=expression)
    return _constant_factor(name, pairs)


def _close(a: float, b: float | None) -> bool:
    return b is not None and isclose(a, b, rel_tol=1e-9, abs_tol=1e-15)


def _relations(count: int, pairs: Sequence[Pair]) -> Iterator[tuple[str, list[float | None]]]:
    """Expressions over the numbers of the prompt with their values, the plainest first."""
    numbers = [pair.input["numbers"] for pair in pairs]
    for i in range(count):
        yield f"input.numbers[{i}]", [row[i] for row in numbers]
    for i, j in permutations(range(count), 2):
        a, b = f"input.numbers[{i}]", f"input.numbers[{j}]"
        if i < j:
            yield f"{a} + {b}", [row[i] + row[j] for row in numbers]
            yield f"{a} * {b}", [row[i] * row[j] for row in numbers]
        yield f"{a} - {b}", [row[i] - row[j] for row in numbers]
        yield f"{a} / {b}", [row[i] / row[j] if row[j] else None for row in numbers]


def _constant_factor(name: str, pairs: Sequence[Pair]) -> Binding | None:
    """`value = number * k` with the same k everywhere, for prompts that hold one number."""
    if same_length("numbers", pairs) != 1 or any(not p.input["numbers"][0] for p in pairs):
        return None
    factors = {float(f"{p.output[name] / p.input['numbers'][0]:.12g}") for p in pairs}
    if len(factors) != 1:
        return None
    return Binding(property=name, expression=f"input.numbers[0] * {factors.pop()!r}")
