"""Which answers people are asked to label: active learning (row KA15). Pure, and the same twice."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from kernels.encoder import Vector

By = Literal["uncertainty", "diversity", "error", "complexity", "mix"]
Label = Literal["worker", "steps"]
WAYS: tuple[By, ...] = get_args(By)

NEIGHBOURS = 5  # whose disagreement predicts that of an answer nobody could check
SURE = 0.5  # distance of a step's score from the middle, at most


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """A searched answer. Shares are in [0, 1]; None where nothing was recorded.

    `wants` are the labels that it still lacks; two ask the same if they share one of `asks`.
    """

    key: str
    asks: frozenset[str]  # the text, and the digest of the question where there is one
    wants: frozenset[Label]
    embedding: Vector  # (384,), unit length
    margin: float | None  # of the router, between its first and its second choice
    step_scores: tuple[float, ...]  # by the reward model; empty where there was none
    verified: float | None  # what the verifier gave the answer
    complexity: float


@dataclass(frozen=True)
class Pick:
    """What to label of an answer, and why this one."""

    key: str
    label: Label
    by: By
    reason: str


def uncertainty(item: Unlabelled) -> tuple[float, Label]:
    """In [0, 1]: of the router (1 - margin), or of the reward model (all steps near .5)."""
    found: list[tuple[float, Label]] = []
    if "worker" in item.wants and item.margin is not None:
        found.append((1 - item.margin, "worker"))
    if "steps" in item.wants and item.step_scores:
        unsure = [1 - abs(score - 0.5) / SURE for score in item.step_scores]
        found.append((sum(unsure) / len(unsure), "steps"))
    return max(found, default=(0.0, _wanted(item)))


def disagreements(items: Sequence[Unlabelled]) -> list[float]:
    """In [0, 1], of each: how far the reward model is from the verifier.

    Where no verifier spoke it is predicted: the mean over the nearest answers where one did, each
    weighed by its cosine. 0 where nothing can be told.
    """
    known = {
        place: abs(_mean(item.step_scores) - item.verified)
        for place, item in enumerate(items)
        if item.step_scores and item.verified is not None
    }
    if not known:
        return [0.0] * len(items)
    cosines = (
        np.stack([item.embedding for item in items])
        @ np.stack([items[place].embedding for place in known]).T
    )
    values = np.array(list(known.values()))
    return [
        known[place] if place in known else _predicted(item, cosines[place], values)
        for place, item in enumerate(items)
    ]


def _predicted(item: Unlabelled, cosines: Vector, values: Vector) -> float:
    """`cosines` (k,) to the answers with known `values` (k,)."""
    if not item.step_scores:
        return 0.0
    nearest = np.argsort(-cosines, kind="stable")[:NEIGHBOURS]
    weights = np.clip(cosines[nearest], 0.0, None)
    return float(weights @ values[nearest] / weights.sum()) if weights.sum() else 0.0


def k_centres(embeddings: Vector, centres: Vector, count: int) -> list[int]:
    """Greedy k-centre: each time the row that is furthest from all centres, which is then one.

    `embeddings` (n, d), `centres` (m, d), unit length; m may be 0: then row 0 comes first.
    """
    if not len(embeddings):
        return []
    nearest = (
        (1 - embeddings @ centres.T).min(axis=1)
        if len(centres)
        else np.full(len(embeddings), np.inf)
    )
    taken: list[int] = []
    for _ in range(min(count, len(embeddings))):
        place = int(np.argmax(nearest))
        taken.append(place)
        nearest = np.minimum(nearest, 1 - embeddings @ embeddings[place])
        nearest[taken] = -np.inf
    return taken


def select_batch(
    items: Sequence[Unlabelled],
    *,
    by: By,
    count: int,
    seed: int = 0,
    labelled: Vector | None = None,
) -> list[Pick]:
    """At most `count` picks, one a question, the most telling first.

    `labelled` (m, 384) are the embeddings of what has been labelled: diversity keeps away from
    them. The seed orders what is equally telling.
    """
    shuffled = [item for item in items if item.wants]
    random.Random(seed).shuffle(shuffled)
    centres = np.zeros((0, 384), np.float32) if labelled is None else labelled
    ways = [by] if by != "mix" else [one for one in WAYS if one != "mix"]
    queues = [_ranked(shuffled, one, centres) for one in ways]
    return _in_turns(queues, count, {item.key: item.asks for item in shuffled})


def _ranked(items: Sequence[Unlabelled], by: By, centres: Vector) -> list[Pick]:
    """All of them."""
    if by == "diversity":
        vectors = np.stack([item.embedding for item in items]) if items else centres
        taken = k_centres(vectors, centres, len(items)) if items else []
        return [Pick(items[n].key, _wanted(items[n]), by, "unlike what is labelled") for n in taken]
    return _SCORED[by](items)


def _by_uncertainty(items: Sequence[Unlabelled]) -> list[Pick]:
    found = [(*uncertainty(item), item.key) for item in items]
    told = {"worker": "the router is unsure", "steps": "the reward model is unsure of the steps"}
    return [
        Pick(key, label, "uncertainty", f"{told[label]} ({value:.2f})")
        for value, label, key in sorted(found, key=lambda one: -one[0])
        if value > 0
    ]


def _by_error(items: Sequence[Unlabelled]) -> list[Pick]:
    found = [
        (value, item)
        for value, item in zip(disagreements(items), items, strict=True)
        if value > 0 and "steps" in item.wants
    ]
    return [
        Pick(
            item.key,
            "steps",
            "error",
            "the reward model and the verifier "
            + ("disagree" if item.verified is not None else "probably disagree")
            + f" ({value:.2f})",
        )
        for value, item in sorted(found, key=lambda one: -one[0])
    ]


def _by_complexity(items: Sequence[Unlabelled]) -> list[Pick]:
    ranked = sorted(items, key=lambda item: -item.complexity)
    return [
        Pick(item.key, _wanted(item), "complexity", f"a complex question ({item.complexity:.2f})")
        for item in ranked
    ]


_SCORED: dict[str, Callable[[Sequence[Unlabelled]], list[Pick]]] = {
    "uncertainty": _by_uncertainty,
    "error": _by_error,
    "complexity": _by_complexity,
}


def _in_turns(
    queues: Sequence[list[Pick]], count: int, asks: Mapping[str, frozenset[str]]
) -> list[Pick]:
    """One of each queue in turn; a question is picked once."""
    found: list[Pick] = []
    asked: set[str] = set()
    waiting = [iter(queue) for queue in queues]
    while waiting and len(found) < count:
        for queue in list(waiting):
            pick = next((one for one in queue if asked.isdisjoint(asks[one.key])), None)
            if pick is None:
                waiting.remove(queue)
            elif len(found) < count:
                found.append(pick)
                asked |= asks[pick.key]
    return found


def _wanted(item: Unlabelled) -> Label:
    return "worker" if "worker" in item.wants else "steps"


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)
