"""Values at the edges of a schema: where two schemas differ, one of them often shows it.

Not a search: a difference that needs a string matching a pattern, or two unusual properties at
once, may be missed. Whoever finds nothing among these has proved nothing.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kernels.algebra.schemas import Case, Schema, TooLarge, canonical, cases, is_valid

MAX_VALUES = 80
MAX_DEPTH = 6
MAX_LENGTH = 5_000
MAX_NUMBER = 2**53
_STRINGS = ("", "a", "A b", "0", "2020-01-31", "a@b.org", "é", "two\nlines")
_ANYTHING: tuple[Any, ...] = ("a", 0, {}, [], None, True, 1.5, "")
_NUMBERS = (0, 1, -1, 2)


@dataclass(frozen=True)
class Hints:
    """Numbers, strings and property names that matter to somebody who reads the values."""

    numbers: tuple[float, ...] = ()
    strings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def hints_of(*schemas: Any) -> Hints:
    """Every number, string and property name in some schemas."""
    numbers: dict[float, None] = {}
    strings: dict[str, None] = {}
    names: dict[str, None] = {}
    _collect(schemas, numbers, strings, names)
    return Hints(tuple(numbers)[:40], tuple(strings)[:40], tuple(names)[:40])


def _collect(
    found: Any, numbers: dict[float, None], strings: dict[str, None], names: dict[str, None]
) -> None:
    if isinstance(found, dict):
        for key, value in found.items():
            if key in ("properties", "required", "dependentRequired"):
                names.update(dict.fromkeys(value))
            if key not in ("description", "title", "$comment", "$schema", "$ref", "type"):
                _collect(value, numbers, strings, names)
    elif isinstance(found, list | tuple):
        for item in found:
            _collect(item, numbers, strings, names)
    elif isinstance(found, str) and len(found) <= 200:
        strings[found] = None
    elif isinstance(found, bool) or found is None:
        return
    elif isinstance(found, int | float) and abs(found) <= MAX_NUMBER:
        numbers[found] = None


def candidates(schema: Schema, hints: Hints, depth: int = 0) -> list[Any]:
    """Different values that satisfy a readable schema, plain ones first; maybe none."""
    if depth and schema in (True, {}):
        return list(_ANYTHING)
    try:
        found = cases(schema)
    except TooLarge:
        return []
    streams = [_distinct(schema, _of_case(case, hints, depth)) for case in found]
    return _distinct(True, _in_turn(streams))


def _distinct(schema: Schema, values: Iterable[Any]) -> list[Any]:
    kept: dict[str, Any] = {}
    for value in islice(values, 20 * MAX_VALUES):
        key = canonical(value)
        if key not in kept and is_valid(schema, value):
            kept[key] = value
            if len(kept) == MAX_VALUES:
                break
    return list(kept.values())


def _in_turn(lists: list[list[Any]]) -> Iterator[Any]:
    for index in range(max(map(len, lists), default=0)):
        yield from (values[index] for values in lists if index < len(values))


def _of_case(case: Case, hints: Hints, depth: int) -> Iterable[Any]:
    if case.values is not None:
        return case.values
    match case.type:
        case "integer" | "fraction":
            return _numbers(case, hints)
        case "string":
            return _strings(case, hints)
        case "array":
            return _arrays(case, hints, depth)
        case _:
            return _objects(case, hints, depth)


def _numbers(case: Case, hints: Hints) -> Iterator[Any]:
    bounds = [n for n in (case.lowest[0], case.highest[0]) if abs(n) <= MAX_NUMBER]
    near = [*_NUMBERS, *bounds, *hints.numbers]
    near += [n for n in case.each("multipleOf") if n <= MAX_NUMBER]
    if len(bounds) == 2:
        near.append((bounds[0] + bounds[1]) / 2)
    if case.type == "integer":
        for number in near:
            yield from (math.floor(number), math.ceil(number))
        for number in near:
            yield from (math.floor(number) - 1, math.ceil(number) + 1)
        return
    for number in near:
        yield from (float(number), number + 0.01, number - 0.01, number + 0.5, number - 0.5)


def _lengths(case: Case, least: str, longest: float, hints: Hints) -> list[int]:
    shortest = math.ceil(case.least(least))
    near = [
        shortest,
        shortest + 1,
        shortest + 2,
        *([longest, longest - 1] if longest < math.inf else []),
    ]
    near += [number + step for number in hints.numbers for step in (0, 1, -1)]
    whole = dict.fromkeys(math.floor(n) for n in near if n <= MAX_LENGTH)
    return [n for n in whole if shortest <= n <= longest]


def _strings(case: Case, hints: Hints) -> Iterator[str]:
    yield from _STRINGS
    yield from hints.strings
    yield from hints.names
    for length in _lengths(case, "minLength", case.most("maxLength"), hints):
        yield "x" * length


def _arrays(case: Case, hints: Hints, depth: int) -> Iterator[list[Any]]:
    lengths = [n for n in _lengths(case, "minItems", case.longest, hints) if n <= 200]
    if depth == MAX_DEPTH:
        lengths = [n for n in lengths if n == 0]
    pools: dict[int, list[Any]] = {}

    def pool(index: int) -> list[Any]:
        at = min(index, case.prefix)
        if at not in pools:
            pools[at] = candidates(case.item(at), hints, depth + 1)
        return pools[at]

    for length in lengths:
        if all(pool(index) for index in range(length)):
            yield [pool(index)[0] for index in range(length)]
            yield [pool(index)[index % len(pool(index))] for index in range(length)]
    for length in [n for n in lengths if n > 0][:2]:
        for changed in range(min(length, case.prefix + 1)):
            if all(pool(index) for index in range(length)):
                for value in pool(changed)[:40]:
                    array = [pool(index)[index % len(pool(index))] for index in range(length)]
                    array[changed] = value
                    yield array


def _objects(case: Case, hints: Hints, depth: int) -> Iterator[dict[str, Any]]:
    if depth == MAX_DEPTH:
        yield {}
        return
    required = sorted(case.required)
    optional = sorted(case.named - case.required)
    unnamed = [name for name in (*hints.names, "extra") if name not in (*required, *optional)]
    names = [*required, *optional, *dict.fromkeys(unnamed)]
    pools: dict[str, list[Any]] = {}
    for name in names:
        pools[name] = candidates(case.at(name), hints, depth + 1)[:40]
    if not all(pools[name] for name in required):
        return
    least = {name: pools[name][0] for name in required}
    known = {name: pools[name][0] for name in (*required, *optional) if pools[name]}
    yield least
    yield known
    for name in optional:
        yield {key: value for key, value in known.items() if key != name}
    changes = [[(name, value) for value in pools[name]] for name in names]
    for name, value in _in_turn(changes):
        yield {**least, name: value}
    for name in names:
        if pools[name]:
            yield {**known, name: pools[name][-1]}
