"""Finds out which properties of an output can be read or computed from the prompt.

A relation counts only if it holds on every trace. The simplest one is bound; others that hold on
every trace as well are its rivals: it serves only prompts for which they all say the same.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isclose
from typing import Any

from kernels.compiler.constants import constant, is_unit
from kernels.compiler.orders import in_order_of_dates, in_other_order
from kernels.compiler.pairs import Pair
from kernels.compiler.paths import nearly_equal
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
MOST_RIVALS = 3
MOST_TRIED = 600
_CHANGED = re.compile(r"(\.(distinct|sorted)\(\))+$")


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

    A text that was always the same is no knowledge, whether the prompts say it or not, but where it
    is the unit of a number that is bound. `chosen_from` names the properties whose schema lists
    their values: these are never taken for constant.
    """
    shared = set.intersection(*(set(pair.output) for pair in pairs))
    family = Family(tuple(pair.input for pair in pairs))
    closed = set(chosen_from)
    found: dict[str, tuple[Binding, tuple[str, ...]]] = {}
    measured = False  # a number is bound, so a unit may stand beside it
    for name in sorted(shared, key=lambda name: (not _are_numbers(name, pairs), name)):
        binding, rivals = _bind(name, pairs, family, measured=measured, closed=name in closed)
        if binding is not None:
            found[name] = binding, rivals
            measured = measured or _are_numbers(name, pairs)
    bindings = [found[name][0] for name in sorted(found)]
    agreements = [rival for name in sorted(found) for rival in found[name][1]]
    used = tuple(name for name in LISTS if any(f"input.{name}" in b.expression for b in bindings))
    return Mined(tuple(bindings), used, tuple(dict.fromkeys(agreements)))


def same_length(name: str, pairs: Sequence[Pair]) -> int | None:
    """The length that a list of the input has in every pair, if it always has the same."""
    return Family(tuple(pair.input for pair in pairs)).length(name)


def _bind(
    name: str, pairs: Sequence[Pair], family: Family, *, measured: bool, closed: bool
) -> tuple[Binding | None, tuple[str, ...]]:
    values = [pair.output[name] for pair in pairs]
    if all(isinstance(value, str) for value in values):
        if len(set(values)) == 1 and not (measured and is_unit(values[0])):
            return _of_choices(name, values, family, pairs), ()
        if found := _first_fitting(values, text_relations(family), pairs):
            return _with_rivals(name, found, "{} == {}".format)
        unit = None if closed or not measured else constant(name, pairs)
        return unit or _of_choices(name, values, family, pairs), ()
    if all(isinstance(value, list) for value in values) and len(set(map(str, values))) > 1:
        return _of_lists(name, values, family, pairs)
    if _are_numbers(name, pairs):
        if len(set(values)) < MIN_DISTINCT:
            return None, ()
        found = _fitting(values, number_relations(family), pairs) or _of_one(name, pairs)
        return _with_rivals(name, found, nearly_equal)
    return None, ()


def _are_numbers(name: str, pairs: Sequence[Pair]) -> bool:
    values = [pair.output[name] for pair in pairs]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _of_lists(
    name: str, values: Sequence[list[Any]], family: Family, pairs: Sequence[Pair]
) -> tuple[Binding | None, tuple[str, ...]]:
    """A list of the prompt. What it would be sorted or without repeats is a rival, if it fits, too.

    Nothing where the values are in an order that may be meant and that no expression gives.
    """
    fits = [_fitting(values, [tier], pairs) for tier in list_relations(family)]
    found = next(filter(None, fits), [])
    binding, rivals = _with_rivals(name, found, "{} == {}".format)
    if binding is None:
        return None, ()
    first = binding.expression
    plain = _CHANGED.sub("", first)
    changed = [e for tier in fits for e in tier if e not in found and e.startswith(f"{plain}.")]
    is_sorted = any("sorted()" in one for one in [first, *changed])
    if in_order_of_dates(values) or (not is_sorted and in_other_order(values)):
        return None, ()
    return binding, (*rivals, *(f"{one} == {first}" for one in changed))


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


def _of_choices(
    name: str, values: Sequence[str], family: Family, pairs: Sequence[Pair]
) -> Binding | None:
    for expression in choice_relations(family):
        if all(
            value in (value_of(expression, pair.input) or ())
            for pair, value in zip(pairs, values, strict=True)
        ):
            return Binding(property=name, expression=expression, choice=True)
    return None


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
