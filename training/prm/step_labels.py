"""Labels of steps: verifier outcomes at the leaves, backed up the tree (rows KA11, X9).

There is no way into a label but a verifier's outcome (here) and a person's score (on the row). A
process reward model's scores are not an argument of anything here: trained on its own scores, it
would only learn to agree with itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MODEL_SCORES = frozenset({"prm", "policy", "process reward model"})


@dataclass(frozen=True)
class VerifierOutcome:
    """What a verifier said of a whole answer; `how` names its means (`recomputed`, `tests`, ...).

    Where nothing could be checked there is no outcome. Raises ValueError for a score outside
    [0, 1], and for one that a net gave.
    """

    passed: bool
    score: float
    how: str

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError("a verifier's score is within 0..1")
        if not self.how or self.how.casefold() in MODEL_SCORES:
            raise ValueError("only a verifier's outcome can become a label, and it says how")


@dataclass(frozen=True)
class VerifiedLeaf:
    """A whole answer of a search tree, its steps from the root, and what the verifier said."""

    steps: tuple[str, ...]
    outcome: VerifierOutcome


@dataclass(frozen=True)
class LabelledStep:
    """A node of the tree as an example. `position`: its ordinal among its siblings, from the root.

    `label` is V/N: the mean score of the verified answers that go through it; `visits` is N.
    """

    step: str
    before: tuple[str, ...]
    position: str
    label: float
    visits: int


def step_examples(leaves: Iterable[VerifiedLeaf]) -> tuple[LabelledStep, ...]:
    """One example for each step of each verified answer; a step that several share is one."""
    scores: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for leaf in leaves:
        if not isinstance(leaf.outcome, VerifierOutcome):
            raise TypeError("a leaf is labelled by a verifier's outcome, and by nothing else")
        for depth in range(1, len(leaf.steps) + 1):
            scores[leaf.steps[:depth]].append(leaf.outcome.score)
    positions = _positions(list(scores))
    return tuple(
        LabelledStep(path[-1], path[:-1], positions[path], sum(found) / len(found), len(found))
        for path, found in scores.items()
    )


def _positions(paths: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """`1.2.1`: the first child's second child's first. Parents come before their children."""
    children: dict[tuple[str, ...], int] = defaultdict(int)
    found: dict[tuple[str, ...], str] = {}
    for path in paths:
        parent = path[:-1]
        children[parent] += 1
        found[path] = f"{found[parent]}.{children[parent]}" if parent else str(children[parent])
    return found
