"""A stored answer to nearly the same question (rows KA2, X4): what is decided without a model.

An entry is offered when its prompt's cosine reaches its worker's threshold and `kernels.reuse.near`
finds no difference of meaning. Both are needed: a cosine alone tells no near miss from a
paraphrase. Whether its answer answers this phrasing, the validator then decides, in the worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from pgvector.django import CosineDistance

from kernels.encoder import Vector, encoder_digest
from kernels.models import CacheEntry, NearReuse
from kernels.reuse.near import differences_of_meaning
from kernels.reuse.question import question
from trajectories.models import Trajectory
from workers.experts.expert import Expert
from workers.request import ChatRequest
from workers.stored.exact import named_search, oldest, pins_of, question_digest

LOOKED_AT = 8  # nearest entries


@dataclass(frozen=True)
class NearDuplicate:
    """An entry that may answer, if the validator says so."""

    trajectory: Trajectory
    worker: str
    cosine: float
    threshold: float

    def as_json(self) -> dict[str, Any]:
        return {
            "worker": self.worker,
            "cosine": round(self.cosine, 4),
            "threshold": self.threshold,
        }


def near_duplicate(
    *, client_id: int, request: ChatRequest, embedding: Vector, experts: Mapping[str, Expert]
) -> NearDuplicate | None:
    """The nearest entry that may be offered; `embedding` (384,) is the prompt's."""
    if not settings.KW_REUSE_ANSWERS or request.beyond_search or not question_digest(request):
        return None
    switched_off = NearReuse.objects.filter(state=NearReuse.State.OFF)
    nearest = (
        CacheEntry.objects.filter(
            client_id=client_id,
            state=CacheEntry.State.LIVE,
            pins=pins_of(request),
            max_tokens__lte=request.max_tokens,
            encoder_digest=encoder_digest(),
            trajectory__created_at__gte=oldest(),
            **named_search(request),
        )
        .exclude(worker__in=switched_off.values("worker"))
        .annotate(distance=CosineDistance("embedding", np.asarray(embedding)))
        .order_by("distance")
        .select_related("trajectory")
        .only("worker", "trajectory__prompt")
    )
    asked = question(request.prompt)
    for entry in nearest[:LOOKED_AT]:
        expert, cosine = experts.get(entry.worker), 1 - entry.distance
        if expert is None or cosine < expert.cache_threshold:
            continue
        if not differences_of_meaning(asked, question(entry.trajectory.prompt)):
            return NearDuplicate(entry.trajectory, entry.worker, cosine, expert.cache_threshold)
    return None
