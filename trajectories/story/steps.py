"""A search tree's nodes with their figures, as values: what a page says of each step."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EXPLORATION = math.sqrt(2)  # as the search has it
Path = tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """What is known beside a tree: the steps of the given answer, people's scores by path."""

    chosen: Sequence[str] = ()
    rated: Mapping[Path, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A node: N, V and what was said of it; UCT is as the search would see it now."""

    step: str
    number: str  # ordinals from the root: "1.2"
    visits: int
    value: float
    uct: float
    share: float  # of its parent's visits
    score: float | None
    rated: float | None
    outcome: Mapping[str, Any] | None
    rollout: Sequence[str]
    pruned: bool
    penalised: int
    reflection: str  # what was said against the path that ends here
    after: str  # the reflection that it was written after
    chosen: bool
    children: "tuple[Step, ...]"

    @property
    def mean(self) -> float:
        """V/N; 0 where nobody has been."""
        return self.value / self.visits if self.visits else 0.0

    def __iter__(self) -> Iterator["Step"]:
        yield self
        for child in self.children:
            yield from child


def read_tree(tree: Mapping[str, Any], beside: Beside, most: int) -> tuple[tuple[Step, ...], bool]:
    """The root's children, up to `most` nodes in all, and whether any were left out."""
    left = [most]
    steps = _children(tree, (), "", beside, True, left)
    return steps, left[0] < 0


def uct_of(value: float, visits: int, above: int) -> float:
    """V/N + C sqrt(ln N_parent / N); infinite where nobody has been (Kocsis, Szepesvari 2006)."""
    if not visits:
        return math.inf
    return value / visits + EXPLORATION * math.sqrt(math.log(max(1, above)) / visits)


def _children(
    node: Mapping[str, Any],
    path: Path,
    number: str,
    beside: Beside,
    chosen: bool,
    left: list[int],
) -> tuple[Step, ...]:
    found = []
    for place, child in enumerate(node.get("children", ()), 1):
        left[0] -= 1
        if left[0] < 0:
            break
        name = f"{number}.{place}" if number else str(place)
        found.append(_step(child, path, name, node.get("visits", 0), beside, chosen, left))
    return tuple(found)


def _step(
    node: Mapping[str, Any],
    before: Path,
    number: str,
    above: int,
    beside: Beside,
    parent_chosen: bool,
    left: list[int],
) -> Step:
    visits, value = node.get("visits", 0), node.get("value", 0.0)
    path = (*before, node.get("step", ""))
    chosen = parent_chosen and list(beside.chosen[: len(path)]) == list(path)
    return Step(
        step=path[-1],
        number=number,
        visits=visits,
        value=value,
        uct=uct_of(value, visits, above),
        share=visits / above if above else 0.0,
        score=node.get("score"),
        rated=beside.rated.get(path),
        outcome=node.get("outcome"),
        rollout=node.get("rollout", ()),
        pruned=bool(node.get("pruned")),
        penalised=node.get("penalised", 0),
        reflection=node.get("reflection", ""),
        after=node.get("after", ""),
        chosen=chosen,
        children=_children(node, path, number, beside, chosen, left),
    )
