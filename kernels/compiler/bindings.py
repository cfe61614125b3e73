"""Finds out which properties of an output can be read or computed from the prompt.

A relation counts only if it holds on every trace. The simplest one is bound; others that hold on
every trace as well are its rivals: it serves only prompts for which they all say the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isclose
from typing import Any

from kernels.compiler.paths import literal, nearly_equal
from kernels.compiler.relations import (
    Family,
    choice_relations,
    list_relations,
    number_relations,
    text_relations,
    value_of,
)
from kernels.slots import LISTS
from kernels.spec import Binding

MIN_DISTINCT = 3  # a relation between numbers must be seen on this many different values
MIN_CONSTANT = 8  # distinct prompts with the same value
MOST_RIVALS = 3
MOST_TRIED = 600


@dataclass(frozen=True)
class Pair:
    """A bound input and the output that was accepted for it."""

    input: dict[str, Any]
    output: dict[str, Any]


@dataclass(frozen=True)
class Mined:
    """The bindings found, and the conditions on the input under which they are unambiguous."""

    bindings: tuple[Binding, ...]
    lists: tuple[str, ...]  # lists that the bindings read
    agreements: tuple[str, ...] = ()  # CEL: relations that all held say the same here, too

    @property
    def reads_slots(self) -> bool:
        return any("input.slots." in binding.expression for binding in self.bindings)

    @property
    def has_constants(self) -> bool:
        return any("input." not in binding.expression for binding in self.bindings)


def mine(pairs: Sequence[Pair], chosen_from: Iterable[str] = ()) -> Mined:
    """Bindings for the properties that all outputs share.

    `chosen_from` names those whose schema lists their values: these are never taken for constant.
    """
    shared = set.intersection(*(set(pair.output) for pair in pairs))
    family = Family(tuple(pair.input for pair in pairs))
    bindings: list[Binding] = []
    agreements: list[str] = []
    closed = set(chosen_from)
    for name in sorted(shared):
        binding, rivals = _bind(name, pairs, family, closed=name in closed)
        if binding is not None:
            bindings.append(binding)
            agreements += rivals
    used = tuple(name for name in LISTS if any(f"input.{name}" in b.expression for b in bindings))
    return Mined(tuple(bindings), used, tuple(dict.fromkeys(agreements)))


def same_length(name: str, pairs: Sequence[Pair]) -> int | None:
    """The length that a list of the input has in every pair, if it always has the same."""
    return Family(tuple(pair.input for pair in pairs)).length(name)


def _bind(
    name: str, pairs: Sequence[Pair], family: Family, *, closed: bool
) -> tuple[Binding | None, tuple[str, ...]]:
    values = [pair.output[name] for pair in pairs]
    if all(isinstance(value, str) for value in values):
        found = _first_fitting(values, text_relations(family), pairs)
        if not found and not closed and (constant := _constant(name, pairs)):
            return constant, ()
        if not found and (lists := _choices(values, family, pairs)):
            return Binding(property=name, expression=lists[0], choice=True), ()
        return _with_rivals(name, found, "{} == {}".format)
    if all(isinstance(value, list) for value in values) and len(set(map(str, values))) > 1:
        found = _first_fitting(values, list_relations(family), pairs)
        return _with_rivals(name, found, "{} == {}".format)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if len(set(values)) < MIN_DISTINCT:
            return None, ()
        found = _fitting(values, number_relations(family), pairs) or _of_one(name, pairs)
        return _with_rivals(name, found, nearly_equal)
    return None, ()


def _first_fitting(
    values: Sequence[Any], tiers: Iterable[Sequence[str]], pairs: Sequence[Pair]
) -> list[str]:
    """All that fit of the plainest tier that has any: what is copied is not also rewritten."""
    return next(filter(None, (_fitting(values, [tier], pairs) for tier in tiers)), [])


def _fitting(
    values: Sequence[Any], tiers: Iterable[Sequence[str]], pairs: Sequence[Pair]
) -> list[str]:
    """The expressions that give every value, the plainest first, as far as there is time."""
    tried = (expression for tier in tiers for expression in tier)
    return [
        expression
        for expression in islice(tried, MOST_TRIED)
        if all(
            _same(value_of(expression, pair.input), value)
            for pair, value in zip(pairs, values, strict=True)
        )
    ]


def _with_rivals(name: str, found: list[str], equal: Any) -> tuple[Binding | None, tuple[str, ...]]:
    """The first, if few enough others fit for it to be told when they differ."""
    if not found or len(found) > 1 + MOST_RIVALS:
        return None, ()
    first, *rivals = found
    return Binding(property=name, expression=first), tuple(equal(r, first) for r in rivals)


def _choices(values: Sequence[str], family: Family, pairs: Sequence[Pair]) -> list[str]:
    return [
        expression
        for expression in choice_relations(family)
        if all(
            value in (value_of(expression, pair.input) or ())
            for pair, value in zip(pairs, values, strict=True)
        )
    ]


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        alike = isinstance(found, list) and len(found) == len(wanted)
        return alike and all(map(_same, found, wanted))
    if isinstance(wanted, str) or isinstance(found, str | bool | None):
        return bool(found == wanted)
    return isinstance(found, int | float) and isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-15)


def _of_one(name: str, pairs: Sequence[Pair]) -> list[str]:
    """`number * k` or `number + k` with the same k everywhere, for prompts with one number."""
    rows = [(pair.input["numbers"], pair.output[name]) for pair in pairs]
    if any(len(numbers) != 1 or not numbers[0] for numbers, _ in rows):
        return []
    factors = {float(f"{value / numbers[0]:.12g}") for numbers, value in rows}
    if len(factors) == 1:
        return [f"input.numbers[0] * {factors.pop()!r}"]
    offsets = {float(f"{value - numbers[0]:.12g}") for numbers, value in rows}
    return [f"input.numbers[0] + {offsets.pop()!r}"] if len(offsets) == 1 else []


def _constant(name: str, pairs: Sequence[Pair]) -> Binding | None:
    """The one text that all outputs have, where it is no coincidence.

    Enough prompts must have it that differ in their typed parts alone: with free words in them, a
    new prompt may well have another value. A text that only some of the prompts say themselves
    belongs to what they say.
    """
    values = {pair.output[name] if isinstance(pair.output[name], str) else None for pair in pairs}
    prompts = {pair.input["prompt"] for pair in pairs}
    if len(values) != 1 or not (value := values.pop()) or len(prompts) < MIN_CONSTANT:
        return None
    rows = [pair.input.get("slots", {}) for pair in pairs]
    free = any(not row or any(slot.startswith(("text", "list")) for slot in row) for row in rows)
    said = sum(value in prompt for prompt in prompts)
    if free or said not in (0, len(prompts)):
        return None
    return Binding(property=name, expression=literal(value))
