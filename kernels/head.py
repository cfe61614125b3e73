"""The trained head over the frozen encoder: which kernel a prompt is for, and the signs of it."""

import json
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from kernels.encoder import DIMENSIONS, PARTS, Vector, last_mean

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

FORMAT = "1"
FAR = np.float32(-1e4)  # a logit that no kernel has
NEIGHBOURS = 24
VOTERS = 10
SIGNS = (
    *(f"choice_{sign}" for sign in ("logit", "margin", "energy", "log_odds", "entropy")),
    *(f"member_{sign}" for sign in ("logit", "margin", "energy", "log_odds", "entropy")),
    "centroid_cosine",
    "centroid_margin",
    "nearest_own",  # cosine of the nearest exemplar of the chosen kernel
    "nearest_own_three",
    "nearest_other",
    "agreement",  # share of the ten nearest exemplars that are the chosen kernel's
    "distance",  # Mahalanobis, to the chosen kernel
    "relative_distance",  # the same, less the distance to all exemplars
    "description_cosine",
    "second_description_cosine",
)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest exemplars of n prompts, nearest first."""

    similarities: Vector  # (n, NEIGHBOURS), cosine
    kernels: Ids  # (n, NEIGHBOURS), positions in `Head.kernels`


@dataclass(frozen=True, eq=False)
class Reading:
    """What the head says of n prompts."""

    chosen: Ids  # (n,), positions in `Head.kernels`
    signs: Vector  # (n, len(SIGNS))


@dataclass(frozen=True, eq=False)
class Head:
    """Two linear heads on the pooled layers, with what is known of each of C kernels.

    The choice (softmax) says which kernel is the likeliest; membership (one sigmoid a kernel) says
    whether the prompt belongs to it at all.
    """

    encoder_digest: str
    kernels: tuple[str, ...]
    center: Vector  # (PARTS x 384,), the mean of the exemplars
    choice_weights: Vector  # (PARTS x 384, C)
    choice_bias: Vector  # (C,)
    member_weights: Vector
    member_bias: Vector
    means: Vector  # (C, 384), of the plain embeddings
    descriptions: Vector  # (C, 384), unit length
    within: Vector  # (384, 384), whitens what varies within a kernel
    overall: Vector  # (384, 384), whitens what varies over all exemplars

    def read(self, layers: Vector, near: Neighbours, allowed: Flags | None = None) -> Reading:
        """The choice and its signs. `layers`: (n, PARTS x 384), from `embed_layers`.

        `allowed`, (C,), leaves the others out as if they did not exist; two at least are needed.
        """
        inputs = centered(layers, self.center)
        choice = inputs @ self.choice_weights + self.choice_bias
        member = inputs @ self.member_weights + self.member_bias
        if allowed is not None:
            choice, member = (np.where(allowed, one, FAR) for one in (choice, member))
        chosen, second = _best_two(_log_softmax(choice) + _log_softmax(member))
        plain = last_mean(layers)
        signs = [
            *_logit_signs(choice, chosen),
            *_logit_signs(member, chosen),
            *self._centroid_signs(plain, chosen, allowed),
            *_neighbour_signs(near, chosen),
            *self._distance_signs(plain, chosen),
            (plain * self.descriptions[chosen]).sum(1),
            (plain * self.descriptions[second]).sum(1),
        ]
        return Reading(chosen, np.column_stack(signs).astype(np.float32))

    def _centroid_signs(self, plain: Vector, chosen: Ids, allowed: Flags | None) -> list[Vector]:
        centroids = self.means / np.linalg.norm(self.means, axis=1, keepdims=True)
        cosines = plain @ centroids.T
        if allowed is not None:
            cosines = np.where(allowed, cosines, np.float32(-1))
        return [_at(cosines, chosen), _at(cosines, chosen) - _best_other(cosines, chosen)]

    def _distance_signs(self, plain: Vector, chosen: Ids) -> list[Vector]:
        own = np.linalg.norm((plain - self.means[chosen]) @ self.within, axis=1)
        everything = np.linalg.norm((plain - self.means.mean(0)) @ self.overall, axis=1)
        return [own, own - everything]

    def to_bytes(self) -> bytes:
        """safetensors, with the names in its metadata."""
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _arrays()}
        metadata = {
            "format": FORMAT,
            "encoder_digest": self.encoder_digest,
            "kernels": json.dumps(self.kernels),
            "signs": json.dumps(SIGNS),
        }
        return save(arrays, metadata=metadata)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Head":
        """Reads what `to_bytes` gave. Raises ValueError for a head of another format."""
        header = 8 + int.from_bytes(data[:8], "little")  # its length comes first
        metadata = json.loads(data[8:header])["__metadata__"]
        if metadata["format"] != FORMAT or json.loads(metadata["signs"]) != list(SIGNS):
            raise ValueError("the head was fitted for other signs: fit it again")
        tensors = load(data)
        return cls(
            metadata["encoder_digest"],
            tuple(json.loads(metadata["kernels"])),
            **{name: tensors[name] for name in _arrays()},
        )


def _arrays() -> list[str]:
    return [field.name for field in fields(Head)][2:]


def centered(layers: Vector, center: Vector) -> Vector:
    """Moves each part by the mean of the exemplars and makes it of length 1 again."""
    parts = (layers - center).reshape(len(layers), PARTS, DIMENSIONS)
    lengths = np.maximum(np.linalg.norm(parts, axis=2, keepdims=True), 1e-6)
    moved: Vector = (parts / lengths).reshape(layers.shape)
    return moved


def neighbours(plain: Vector, exemplars: Vector, kernels: Ids) -> Neighbours:
    """The nearest exemplars in memory, for fitting; the service asks pgvector."""
    count = min(NEIGHBOURS, len(exemplars))
    similarities = np.empty((len(plain), count), dtype=np.float32)
    found = np.empty((len(plain), count), dtype=np.int64)
    for start in range(0, len(plain), 512):  # 512 x 15,000 similarities are 30 MB
        rows = slice(start, start + 512)
        cosines = plain[rows] @ exemplars.T
        nearest = np.argsort(-cosines, axis=1)[:, :count]
        similarities[rows] = np.take_along_axis(cosines, nearest, axis=1)
        found[rows] = kernels[nearest]
    return Neighbours(similarities, found)


def _logit_signs(logits: Vector, chosen: Ids) -> list[Vector]:
    log_p = _log_softmax(logits)
    own = _at(log_p, chosen)
    return [
        _at(logits, chosen),
        _at(logits, chosen) - _best_other(logits, chosen),
        _log_sum_exp(logits),
        own - np.log1p(1e-6 - np.exp(own)),
        -(np.exp(log_p) * log_p).sum(1),
    ]


def _neighbour_signs(near: Neighbours, chosen: Ids) -> list[Vector]:
    """Where none of the neighbours is the chosen kernel's, the farthest one stands in."""
    own = near.kernels == chosen[:, None]
    farthest = near.similarities[:, -1:]
    ours = np.sort(np.where(own, near.similarities, farthest), axis=1)[:, ::-1]
    others = np.where(own, farthest, near.similarities)
    return [ours[:, 0], ours[:, :3].mean(1), others.max(1), own[:, :VOTERS].mean(1)]


def _best_two(scores: Vector) -> tuple[Ids, Ids]:
    ranked = np.argsort(-scores, axis=1)
    return ranked[:, 0], ranked[:, 1]


def _at(values: Vector, columns: Ids) -> Vector:
    found: Vector = np.take_along_axis(values, columns[:, None], axis=1)[:, 0]
    return found


def _best_other(values: Vector, chosen: Ids) -> Vector:
    others = values.copy()
    np.put_along_axis(others, chosen[:, None], -np.inf, axis=1)
    best: Vector = others.max(1)
    return best


def _log_sum_exp(logits: Vector) -> Vector:
    highest = logits.max(1)
    total: Vector = highest + np.log(np.exp(logits - highest[:, None]).sum(1))
    return total


def _log_softmax(logits: Vector) -> Vector:
    return logits - _log_sum_exp(logits)[:, None]
