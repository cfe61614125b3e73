"""What always held between prompts and outputs, as conditions that an output may be held to.

Only candidates: `selection` keeps the few that tell right outputs from wrong ones. The label names
what kind of thing a condition says of which property: two conditions of one label say the same with
other parameters.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import Any

from kernels.compiler.formats import format_of
from kernels.compiler.pairs import Pair
from kernels.compiler.paths import nearly_equal, output_path
from kernels.conditions.kinds import CelCondition, Condition, RegexCondition
from kernels.slots import LISTS

MOST_PROPERTIES = 12
MOST_LABEL = 120


def invariants(pairs: Sequence[Pair], skip: Iterable[str] = ()) -> list[Condition]:
    """The candidates that hold on all pairs by what they were mined from; `skip`: settled ones."""
    shared = set.intersection(*(set(pair.output) for pair in pairs)) - set(skip)
    found: list[Condition] = []
    for name in sorted(shared)[:MOST_PROPERTIES]:
        values = [pair.output[name] for pair in pairs]
        if all(isinstance(value, str) for value in values):
            found += _of_texts(name, values)
        elif all(map(_is_number, values)):
            found += _of_numbers(name, values, pairs)
        elif all(isinstance(value, list) for value in values):
            found += _of_lists(name, values, pairs)
    found += _between(sorted(shared)[:MOST_PROPERTIES], pairs)
    return found


def _cel(expression: str, said: str, name: str) -> CelCondition:
    return CelCondition(expression=expression, label=f"{name[:MOST_LABEL]}: {said}")


def _of_texts(name: str, values: Sequence[str]) -> Iterator[Condition]:
    path = output_path(name)
    yield _cel(f"input.prompt.hasPhrase({path})", "stands in the prompt, as whole words", name)
    yield _cel(f"{path} != '' && input.prompt.contains({path})", "stands in the prompt", name)
    small = f"{path}.lowerAscii()"
    yield _cel(
        f"{path} != '' && input.prompt.lowerAscii().contains({small})",
        "stands in the prompt, in whatever case",
        name,
    )
    for part in LISTS:
        if part != "numbers":
            yield _cel(f"{path} in input.{part}", f"is one of the {part}", name)
    yield _cel(f"{path} != ''", "is not empty", name)
    yield _cel(f"size({path}) <= size(input.prompt)", "is no longer than the prompt", name)
    if "." not in name and len(set(values)) > 1 and (pattern := format_of(values)):
        yield RegexCondition(path=name, pattern=pattern, label=f"{name[:MOST_LABEL]}: its format")


def _of_numbers(name: str, values: Sequence[float], pairs: Sequence[Pair]) -> Iterator[Condition]:
    path = output_path(name)
    number = f"double({path})"
    yield _cel(f"{number} in input.numbers", "is one of the numbers", name)
    yield _cel(f"{number} >= 0.0", "is not negative", name)
    yield _cel(f"{number} > 0.0", "is positive", name)
    if all(float(value).is_integer() for value in values):
        yield _cel(f"{number} == double(int({path}))", "is whole", name)
    for limit in ("max", "sum", "product"):
        yield _cel(f"{number} <= input.numbers.{limit}()", f"is at most the {limit}", name)
    yield _cel(f"{number} >= input.numbers.min()", "is at least the smallest number", name)
    yield _cel(f"{number} >= input.numbers.max()", "is at least the largest number", name)
    yield _cel(f"{number} <= double(size(input.prompt))", "is at most the prompt's length", name)


def _of_lists(name: str, values: Sequence[list[Any]], pairs: Sequence[Pair]) -> Iterator[Condition]:
    path = output_path(name)
    yield _cel(f"size({path}) > 0", "is not empty", name)
    yield _cel(f"size({path}) == size({path}.distinct())", "has nothing twice", name)
    if len({len(value) for value in values}) == 1:
        yield _cel(f"size({path}) == {len(values[0])}", "has so many items", name)
    items = [item for value in values for item in value]
    if all(isinstance(item, str) for item in items) or all(map(_is_number, items)):
        yield _cel(f"{path} == {path}.sorted()", "is sorted", name)
    if items and all(isinstance(item, str) for item in items):
        yield _cel(f"{path}.all(x, input.prompt.contains(x))", "all stand in the prompt", name)
    for part in LISTS:
        yield _cel(f"size({path}) == size(input.{part})", f"as many as {part}", name)
        yield _cel(f"{path}.all(x, x in input.{part})", f"all are of the {part}", name)
        yield _cel(f"input.{part}.all(x, x in {path})", f"has all of the {part}", name)


def _between(names: Sequence[str], pairs: Sequence[Pair]) -> Iterator[Condition]:
    """Relations of two or three properties of one output."""
    numbers = [name for name in names if all(_is_number(pair.output[name]) for pair in pairs)]
    texts = [name for name in names if all(isinstance(p.output[name], str) for p in pairs)]
    for one, other in permutations(numbers, 2):
        first, second = output_path(one), output_path(other)
        yield _cel(f"double({first}) <= double({second})", f"is at most {other[:60]}", one)
        for third in numbers:
            if one < other and third not in (one, other):
                whole = nearly_equal(output_path(third), f"double({first}) + double({second})")
                yield _cel(whole, f"is the sum of {one[:60]} and {other[:60]}", third)
    for one, other in permutations(texts, 2):
        first, second = output_path(one), output_path(other)
        yield _cel(f"{second}.contains({first})", f"stands in {other[:60]}", one)
        if one < other:
            yield _cel(f"{first} != {second}", f"differs from {other[:60]}", one)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
