"""Contracts with teeth: a contract must refuse outputs that are nearly right (row X5).

From an accepted output wrong ones are derived; the score is the share that the contract refuses.
The answer to another input counts for one half, all other kinds of mistakes for the other.
Judges are left out: a score must come out the same twice.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from kernels.conditions.checks import Subject
from kernels.conditions.kinds import Condition
from kernels.verify import verify

ANOTHERS = "another input's answer"
MOST_PER_KIND = 12  # of one output
MOST_SURVIVORS = 20  # kept for people to look at
UNITS = (
    ("km", "m"),
    ("kg", "g"),
    ("cm", "mm"),
    ("hours", "minutes"),
    ("miles", "feet"),
    ("EUR", "USD"),
    ("celsius", "fahrenheit"),
)


@dataclass(frozen=True)
class Accepted:
    """A bound input with an output that is right for it."""

    input: dict[str, Any]
    output: Any


@dataclass(frozen=True)
class Mutant:
    """A wrong output, and what was done to the right one."""

    kind: str
    output: Any
    of: Any = None  # the right one


@dataclass(frozen=True)
class MutationScore:
    """How many mutants a contract refused, in all and by kind; some of those it let through."""

    made: int
    refused: int
    by_kind: dict[str, tuple[int, int]]  # kind -> (refused, made)
    survivors: tuple[Mutant, ...] = field(default=())
    alike: bool = False  # all accepted outputs are equal

    @property
    def score(self) -> float | None:
        """The share refused, 0 to 1; None when it says nothing.

        Mistakes of form are easily made by the dozen, and any schema refuses them; they must not
        drown the wrong answers of the right form. So each kind counts alike, but for the mistake
        that matters most, another input's answer: that is one half. Where all accepted outputs
        are equal, there is none.
        """
        if self.alike:
            return None
        shares = {kind: refused / made for kind, (refused, made) in self.by_kind.items()}
        other = shares.pop(ANOTHERS, None)
        own = sum(shares.values()) / len(shares) if shares else None
        said = [share for share in (own, other) if share is not None]
        return sum(said) / len(said) if said else None

    def as_json(self) -> dict[str, Any]:
        return {
            "score": None if self.score is None else round(self.score, 4),
            "alike": self.alike,
            "made": self.made,
            "refused": self.refused,
            "by_kind": {kind: list(counts) for kind, counts in sorted(self.by_kind.items())},
            "survivors": [asdict(mutant) for mutant in self.survivors],
        }


def mutation_score(
    conditions: Sequence[Condition], accepted: Sequence[Accepted], events: tuple[str, ...]
) -> MutationScore:
    """Tries the contract on the mutants of each accepted output, also on each other's outputs."""
    contract = [condition for condition in conditions if condition.kind != "judge"]
    made: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    survivors: list[Mutant] = []
    for one in accepted:
        others = [other.output for other in accepted if other is not one]
        for mutant in mutants(one.output, others):
            made[mutant.kind] += 1
            if verify(contract, Subject(one.input, mutant.output, events)).passed is False:
                refused[mutant.kind] += 1
            else:
                survivors.append(mutant)
    return MutationScore(
        made.total(),
        refused.total(),
        {kind: (refused[kind], made[kind]) for kind in made},
        tuple(survivors[:MOST_SURVIVORS]),
        alike=len({_text(one.output) for one in accepted}) == 1,
    )


def most_varied(accepted: Sequence[Accepted], most: int) -> list[Accepted]:
    """So many of them, those first whose outputs none before has."""
    seen: set[str] = set()
    new: list[Accepted] = []
    known: list[Accepted] = []
    for one in accepted:
        (known if (text := _text(one.output)) in seen else new).append(one)
        seen.add(text)
    return [*new, *known][:most]


def mutants(output: Any, others: Sequence[Any]) -> list[Mutant]:
    """Wrong outputs that differ from the right one and from each other, a dozen a kind at most."""
    made = {
        "dropped": _everywhere(output, _dropped),
        "swapped": _everywhere(output, _swapped),
        "retyped": _everywhere(output, _retyped),
        "off by one": _everywhere(output, _off_by_one),
        "unit changed": _everywhere(output, _unit_changed),
        "truncated": _everywhere(output, _truncated),
        ANOTHERS: iter(others),
    }
    seen = {_text(output)}
    found: list[Mutant] = []
    for kind, candidates in made.items():
        kept = 0
        for candidate in candidates:
            if kept < MOST_PER_KIND and (text := _text(candidate)) not in seen:
                seen.add(text)
                found.append(Mutant(kind, candidate, output))
                kept += 1
    return found


def _text(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    """1.0 and 1 are the same number in JSON."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _everywhere(value: Any, change: Any) -> Iterator[Any]:
    """The value with `change` done at each single place in it, the outermost first."""
    yield from change(value)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in _everywhere(item, change))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            for changed in _everywhere(item, change):
                yield [*value[:position], changed, *value[position + 1 :]]


def _dropped(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from ({k: v for k, v in value.items() if k != key} for key in value)
    elif isinstance(value, list):
        yield from (value[:n] + value[n + 1 :] for n in range(len(value)))


def _swapped(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for one, other in pairwise(value):
            yield {**value, one: value[other], other: value[one]}
    elif isinstance(value, list):
        for n in range(len(value) - 1):
            yield [*value[:n], value[n + 1], value[n], *value[n + 2 :]]


def _retyped(value: Any) -> Iterator[Any]:
    yield None
    if isinstance(value, str):
        yield [value]
    elif isinstance(value, bool | int | float):
        yield str(value)
    elif isinstance(value, list):
        yield {str(position): item for position, item in enumerate(value)}
    elif isinstance(value, dict):
        yield list(value.values())


def _off_by_one(value: Any) -> Iterator[Any]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value + 1
        yield value - 1
    elif isinstance(value, bool):
        yield not value


def _unit_changed(value: Any) -> Iterator[Any]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value * 1000
        yield value / 1000
    elif isinstance(value, str):
        for one, other in (*UNITS, *(pair[::-1] for pair in UNITS)):
            if value == one or value.endswith(f" {one}"):
                yield value.removesuffix(one) + other


def _truncated(value: Any) -> Iterator[Any]:
    if isinstance(value, str | list) and len(value) > 1:
        yield value[: len(value) // 2]
    if isinstance(value, str) and len(value) > 2:
        yield value[:-1]
