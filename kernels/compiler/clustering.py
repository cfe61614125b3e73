"""Tells the families of prompts apart that came with one kind of call.

Agglomerative clustering (average linkage). Two prompts are as far from each other as their
embeddings are, and as the words are that prompts of this call often have: what a family fixes is
said again and again, what it fills in is not. A cluster is split in two as long as its halves stand
further apart than each is wide; how wide that is, differs from family to family. Prompts of one
template stay together, unless the halves share many more words of their own.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.compiler.templates import cover_all, mine_templates
from kernels.encoder import Vector
from kernels.matching import words

Distances = NDArray[np.float64]

WORDS_WEIGHT = 0.5  # of the distance between words; the rest is between embeddings
COMMON = 0.15  # share of the prompts that have a word for it to count
LEAST_COMMON = 3
LOOSEST = 0.85  # mean distance up to which prompts may be one family
APART = 0.35  # silhouette from which two halves are two families, where there are many prompts
MORE_WORDS = 1.3  # times as many that each half fixes, where both are families
FURTHEST_WITHIN = 0.4  # mean cosine distance up to which two halves are one family all the same


@dataclass(frozen=True)
class Member:
    """A prompt, its embedding, and the kinds of event and the tools of its trajectory."""

    prompt: str
    embedding: Vector
    events: frozenset[str] = frozenset()


def clusters(members: Sequence[Member]) -> list[list[int]]:
    """Positions of the members, family by family; the largest family first."""
    by_events: dict[frozenset[str], list[int]] = {}
    for at, member in enumerate(members):
        by_events.setdefault(member.events, []).append(at)
    found: list[list[int]] = []
    for group in by_events.values():
        cut = _cut([members[at] for at in group])
        found += [[group[at] for at in cluster] for cluster in cut]
    return sorted(found, key=lambda cluster: (-len(cluster), cluster))


def belongs(family: Sequence[Member], other: Member) -> bool:
    """Whether one more prompt is of a family: no further from it than its own prompts may be."""
    apart = distances([*family, other])
    within = apart[:-1, :-1]
    widest = float(within.sum(axis=1).max()) / max(1, len(family) - 1)
    return float(apart[-1, :-1].mean()) <= max(FURTHEST_WITHIN, widest)


def distances(members: Sequence[Member]) -> Distances:
    """(n, n), 0 on the diagonal: embeddings and common words together."""
    said = [frozenset(words(member.prompt)) for member in members]
    counts = Counter(word for one in said for word in one)
    least = max(LEAST_COMMON, COMMON * len(members))
    common = sorted(word for word, count in counts.items() if count >= least)
    has = np.array([[word in one for word in common] for one in said], dtype=np.float64)
    both = has @ has.T
    sizes = has.sum(axis=1)
    either = sizes[:, None] + sizes[None, :] - both
    unlike = 1.0 - np.divide(both, either, out=np.ones_like(both), where=either > 0)
    mixed: Distances = (1 - WORDS_WEIGHT) * _cosine(members) + WORDS_WEIGHT * unlike
    np.fill_diagonal(mixed, 0.0)
    return mixed


def _cosine(members: Sequence[Member]) -> Distances:
    vectors = np.stack([member.embedding for member in members]).astype(np.float64)
    apart: Distances = np.clip(1.0 - vectors @ vectors.T, 0.0, None)
    return apart


def _cut(members: Sequence[Member]) -> list[list[int]]:
    if len(members) < 2:
        return [list(range(len(members)))]
    apart, meanings = distances(members), _cosine(members)
    return [
        part
        for cluster in _linked(apart, distance_threshold=LOOSEST)
        for part in _split(members, apart, meanings, cluster)
    ]


def _split(
    members: Sequence[Member], apart: Distances, meanings: Distances, cluster: list[int]
) -> list[list[int]]:
    """A cluster, or what it falls into."""
    from sklearn.metrics import silhouette_score  # takes a second to import

    if len(cluster) < 3:
        return [cluster]
    within = apart[np.ix_(cluster, cluster)]
    halves = [[cluster[at] for at in half] for half in _linked(within, n_clusters=2)]
    if meanings[np.ix_(*halves)].mean() <= FURTHEST_WITHIN:
        return [cluster]
    labels = [int(at in halves[1]) for at in cluster]
    if silhouette_score(within, labels, metric="precomputed") < _apart(len(cluster)):
        return [cluster]
    said = [[members[at].prompt for at in part] for part in (cluster, *halves)]
    if _one_form(said[0], said[1:]):
        return [cluster]
    return [part for half in halves for part in _split(members, apart, meanings, half)]


def _apart(prompts: int) -> float:
    """The silhouette from which halves are two families: a few prompts fall apart by chance.

    The best split of 8 prompts of one family reaches .5, of 20 prompts .25; 5 % of the pairs of
    families stay below .57 and .4.
    """
    return max(APART, 0.28 + 1.9 / prompts)


def _one_form(prompts: Sequence[str], halves: Sequence[Sequence[str]]) -> bool:
    """Whether all say the same words around what they fill in, and no half many words more.

    "What is {number1} {text1} {number2}?" is the form of sums and of products, but all sums say
    "plus" as well, and all products "times".
    """
    shared = _fixed_words(prompts)
    return bool(shared) and any(_fixed_words(half) < MORE_WORDS * shared for half in halves)


def _fixed_words(prompts: Sequence[str]) -> int:
    """How many words the one template of these prompts fixes; 0 where they do not share one."""
    templates = mine_templates(prompts)
    if len(templates) != 1 or not cover_all(templates, prompts):
        return 0
    return len(words(re.sub(r"\{[a-z]+\d+\}", " ", templates[0])))


def _linked(apart: Distances, **until: float) -> list[list[int]]:
    from sklearn.cluster import AgglomerativeClustering  # takes a second to import

    options = {"n_clusters": None, **until}
    linking = AgglomerativeClustering(metric="precomputed", linkage="average", **options)
    labels = linking.fit(apart).labels_
    return [[int(at) for at in np.flatnonzero(labels == label)] for label in sorted(set(labels))]
