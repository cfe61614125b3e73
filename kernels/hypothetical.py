"""Who would answer a request if one version more were live: nothing is written for it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.decision import Candidate
from kernels.encoder import Vector
from kernels.models import KernelVersion
from kernels.routing import Asked, Fit, Near, VersionFacts, considered, nearest, version_facts


@dataclass(frozen=True)
class Newcomer:
    """A version that is not live, with its exemplars, (n, 384)."""

    facts: VersionFacts
    confidence: float
    exemplars: tuple[int, ...]
    vectors: npt.NDArray[np.float32]

    def near(self, vector: Vector) -> Near:
        """Its exemplars by similarity, the nearest first, with no record yet."""
        similar = self.vectors @ vector
        order = np.argsort(-similar, kind="stable")
        found = tuple((self.exemplars[at], float(similar[at])) for at in order)
        return Near(self.facts, found, self.confidence, 0, 0)


def newcomer(version: KernelVersion) -> Newcomer | None:
    """None where it has no exemplar: then nothing finds it."""
    rows = list(version.exemplars.order_by("pk").values_list("pk", "embedding"))
    if not rows:
        return None
    vectors = np.stack([np.asarray(vector, dtype=np.float32) for _, vector in rows])
    return Newcomer(
        version_facts(version.pk), version.confidence, tuple(pk for pk, _ in rows), vectors
    )


@dataclass(frozen=True)
class Serving:
    """The kernel that serves a request; None: none does."""

    now: Candidate | None
    then: Candidate | None


def serving(
    one: Newcomer,
    *,
    asked: Asked,
    fit: Fit,
    encoder: str,
    client_id: int,
    top_k: int,
    min_pass_rate: float,
) -> Serving:
    """Who serves the request now, and who would. A live version of its kernel would retire."""
    live = nearest(client_id, asked.vector, encoder, top_k)
    others = [near for near in live if near.facts.kernel != one.facts.kernel]
    then = _closest([*others, one.near(asked.vector)], top_k)

    def served(near: list[Near]) -> Candidate | None:
        found = considered(asked, near, fit.calibrator, fit.head, client_id, min_pass_rate)
        return next((candidate for candidate in found if not candidate.obstacle), None)

    return Serving(served(live), served(then))


def _closest(near: list[Near], top_k: int) -> list[Near]:
    """As if the exemplars of all had been searched together."""
    ranked = sorted((-score, pk) for one in near for pk, score in one.exemplars)[:top_k]
    kept = {pk for _, pk in ranked}
    found = []
    for one in near:
        exemplars = tuple(pair for pair in one.exemplars if pair[0] in kept)
        if exemplars:
            found.append(Near(one.facts, exemplars, one.confidence, one.passes, one.failures))
    return found
