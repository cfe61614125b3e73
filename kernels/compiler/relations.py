"""The relations between a prompt and a property of its output that are looked for, plainest first.

Each is a CEL expression over `input`, tried by running it: what it gives when serving is what it
gave here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from kernels.conditions import expressions
from kernels.slots import LISTS

TEXT_LISTS = tuple(name for name in LISTS if name != "numbers")
CASES = ("upperAscii", "lowerAscii", "titleCase")
JOINTS = ("", " ", ", ", "-", "_", "/", ".", "@")
MOST_POSITIONS = 8  # of a list
MOST_SLOTS = 8


@dataclass(frozen=True)
class Family:
    """What the relations may read: the bound inputs of all traces."""

    inputs: tuple[dict[str, Any], ...]

    def length(self, name: str) -> int | None:
        """The length that a list of the input always has, if it has one."""
        lengths = {len(given[name]) for given in self.inputs}
        return lengths.pop() if len(lengths) == 1 else None

    def shortest(self, name: str) -> int:
        return min(len(given[name]) for given in self.inputs)

    def slots(self, kind: type) -> list[str]:
        """The slots that every prompt fills with a value of this type."""
        rows = [given.get("slots", {}) for given in self.inputs]
        names = [name for name in rows[0] if all(isinstance(r.get(name), kind) for r in rows)]
        return names[:MOST_SLOTS]


def value_of(expression: str, given: dict[str, Any]) -> Any:
    """What an expression gives for a bound input; None where it gives nothing."""
    try:
        return expressions.run(expression, {"input": given, "output": None, "trace": {}})
    except Exception:  # whatever CEL raises: no value
        return None


def text_relations(family: Family) -> Iterator[list[str]]:
    """Tiers of expressions that give a text: copies, changed ones, slots, two put together."""
    copies = list(_items(family, TEXT_LISTS))
    yield copies
    yield [f"{copy}.{case}()" for copy in copies for case in CASES]
    slots = [f"input.slots.{name}" for name in family.slots(str)]
    yield slots
    yield [f"{slot}.{case}()" for slot in slots for case in CASES]
    parts = [*copies, *slots][: MOST_POSITIONS + MOST_SLOTS]
    yield [
        f'{one} + "{joint}" + {other}' if joint else f"{one} + {other}"
        for one, other in permutations(parts, 2)
        for joint in JOINTS
    ]


def choice_relations(family: Family) -> list[str]:
    """Lists of texts of which the property may be one."""
    slots = [f"input.slots.{name}" for name in family.slots(list)]
    return [*(f"input.{name}" for name in TEXT_LISTS if family.shortest(name)), *slots]


def list_relations(family: Family) -> Iterator[list[str]]:
    """Tiers of expressions that give a list: all of a kind, in order, sorted, each once."""
    plain = [f"input.{name}" for name in LISTS]
    plain += [f"input.slots.{name}" for name in family.slots(list)]
    yield plain
    yield [f"{name}.{how}" for name in plain for how in ("distinct()", "sorted()")]
    yield [f"{name}.distinct().sorted()" for name in plain]


def number_relations(family: Family) -> Iterator[list[str]]:
    """Tiers of expressions that give a number: copies, arithmetic of two, of all, counts."""
    count = family.length("numbers")
    yield list(_items(family, ("numbers",)))
    if count and count > 1:
        yield list(_pairwise(min(count, MOST_POSITIONS)))
    slots = [f"input.slots.{name}" for name in family.slots(float)]
    yield [] if count else slots
    yield (
        []
        if count
        else [
            f"{a} {sign} {b}"
            for a, b in permutations(slots, 2)
            for sign in "+-*/"
            if _told(a, b, sign)
        ]
    )
    yield ["input.prompt.arithmetic()"]
    if count is None or count > 2:
        yield [f"input.numbers.{what}()" for what in ("sum", "min", "max", "product", "mean")]
        yield ["input.numbers.max() - input.numbers.min()"]
    elif count == 2:
        yield ["input.numbers.min()", "input.numbers.max()", "input.numbers.mean()"]
    yield list(_counts(family))


def _items(family: Family, names: Sequence[str]) -> Iterator[str]:
    """The items of lists: by position from the front; also the last, where lengths differ."""
    for name in names:
        length = family.length(name)
        for position in range(min(family.shortest(name), MOST_POSITIONS)):
            yield f"input.{name}[{position}]"
        if length is None and family.shortest(name):
            yield f"input.{name}[size(input.{name}) - 1]"


def _pairwise(count: int) -> Iterator[str]:
    for i, j in permutations(range(count), 2):
        a, b = f"input.numbers[{i}]", f"input.numbers[{j}]"
        for sign in "+*-/":
            if _told(i, j, sign):
                yield f"{a} {sign} {b}"


def _told(one: Any, other: Any, sign: str) -> bool:
    """Sums and products are the same both ways."""
    return sign in "-/" or one < other


def _counts(family: Family) -> Iterator[str]:
    texts = [f"input.quoted[{at}]" for at in range(min(family.shortest("quoted"), 3))]
    slots = [] if texts else [f"input.slots.{name}" for name in family.slots(str)]
    for name in LISTS:
        if family.length(name) is None:
            yield f"size(input.{name})"
            yield f"size(input.{name}.distinct())"
    for text in (*texts, *slots):
        yield f"size({text})"
    for text, part in permutations((*texts, *slots), 2):
        yield f"{text}.occurrences({part})"
        yield f"{text}.lowerAscii().occurrences({part}.lowerAscii())"
    for name in family.slots(list):
        yield f"size(input.slots.{name})"
