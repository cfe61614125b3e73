"""The search tree: UCT with virtual loss, backpropagation, pruning (row KA6).

A node is a step. A simulation adds one node and plays the rest of the answer out behind it; the
played-out steps are kept with the node, as no nodes of their own.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workers.experts.expert import Verified

EXPLORATION = math.sqrt(2)
PRUNE_VISITS, PRUNE_VALUE = 3, 0.3


@dataclass(eq=False)
class Node:
    """One step on the way to an answer. The root has none.

    `value` sums the rewards of the simulations through it, `verified_value` only what a verifier
    said of them: no score of a reward model is in there, so labels can be made of it (row X9).
    """

    step: str = ""
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    visits: int = 0
    value: float = 0.0
    virtual: int = 0  # simulations on their way through it
    expansions: int = 0  # begun below it
    verified_visits: int = 0
    verified_value: float = 0.0
    score: float | None = None  # of the step, by the reward model
    rollout: tuple[str, ...] = ()
    outcome: Verified | None = None
    terminal: bool = False
    pruned: bool = False
    penalised: int = 0  # times
    reflection: str = ""  # on the path that ends here
    after: str = ""  # the reflection that it was written after

    @property
    def depth(self) -> int:
        return sum(1 for _ in self.path()) - 1

    @property
    def mean(self) -> float:
        """V / N; 0 before the first visit."""
        return self.value / self.visits if self.visits else 0.0

    def path(self) -> Iterator["Node"]:
        """From this node up to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def steps(self) -> tuple[str, ...]:
        """The steps from the root to this node."""
        return tuple(node.step for node in reversed(list(self.path())) if node.parent)


def uct(node: Node, *, exploration: float = EXPLORATION) -> float:
    """V/N + C sqrt(ln N_parent / N); infinite where nobody has been.

    A simulation on its way counts as a visit that found nothing, so the next one goes elsewhere.
    """
    visits = node.visits + node.virtual
    if not visits or node.parent is None:
        return math.inf
    above = max(1, node.parent.visits + node.parent.virtual)
    return node.value / visits + exploration * math.sqrt(math.log(above) / visits)


def select(root: Node, *, width: int, depth: int) -> Node | None:
    """The node to expand; None when the tree is exhausted.

    A step that was not tried yet is an unvisited child, of infinite UCT: it comes first.
    """
    if _is_closed(root):
        return None
    if root.expansions < width and root.depth < depth:
        return root
    for child in sorted(root.children, key=uct, reverse=True):
        if (found := select(child, width=width, depth=depth)) is not None:
            return found
    return None


def _is_closed(node: Node) -> bool:
    return node.terminal or node.pruned


def begin(node: Node) -> None:
    """A simulation sets out below the node."""
    node.expansions += 1
    for one in node.path():
        one.virtual += 1


def abandon(node: Node) -> None:
    """The simulation came to nothing, through no fault of the path."""
    node.expansions -= 1
    for one in node.path():
        one.virtual -= 1


def expand(node: Node, step: str) -> Node:
    """The child for this step; a step that is there already is visited again."""
    for child in node.children:
        if child.step == step:
            return child
    child = Node(step=step, parent=node)
    node.children.append(child)
    return child


def backpropagate(parent: Node, leaf: Node, reward: float, verified: float | None) -> None:
    """Ends the simulation that set out below `parent` and came to `leaf`: V += r, N += 1."""
    for node in parent.path():
        node.virtual -= 1
    for node in leaf.path():
        node.visits += 1
        node.value += reward
        if verified is not None:
            node.verified_visits += 1
            node.verified_value += verified
        _prune(node)


def penalise(leaf: Node, factor: float, reflection: str = "") -> None:
    """What a path that failed the gate is worth from now on; its verified outcomes stay."""
    leaf.reflection = reflection
    for node in leaf.path():
        if node.parent is not None:
            node.value *= factor
            node.penalised += 1
            _prune(node)


def _prune(node: Node) -> None:
    if node.parent is not None and node.visits >= PRUNE_VISITS and node.mean < PRUNE_VALUE:
        node.pruned = True


def as_json(root: Node) -> dict[str, Any]:
    """The tree for explanation; what is at its default is left out."""
    told: dict[str, Any] = {
        "step": root.step,
        "visits": root.visits,
        "value": round(root.value, 4),
        "score": None if root.score is None else round(root.score, 4),
        "rollout": list(root.rollout),
        "outcome": root.outcome.as_json() if root.outcome else None,
        "terminal": root.terminal,
        "pruned": root.pruned,
        "penalised": root.penalised,
        "reflection": root.reflection,
        "after": root.after,
        "verified": [root.verified_visits, round(root.verified_value, 4)],
        "children": [as_json(child) for child in root.children],
    }
    empty: tuple[Any, ...] = ("", None, False, [], [0, 0.0])
    return {name: value for name, value in told.items() if value not in empty}
