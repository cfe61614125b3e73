"""The live kernels that stand nearest to a version: descriptions, exemplars, shared prompts."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Q
from pgvector.django import CosineDistance

from kernels.models import Exemplar, KernelVersion

SHOWN = 5
NEAREST = 5  # of each exemplar
EXEMPLARS = 40


def neighbours(version: KernelVersion) -> list[dict[str, Any]]:
    """At most `SHOWN` of other kernels that could serve the same client, the nearest first."""
    by_words = _by_description(version)
    by_examples, shared = _by_exemplars(version)
    names = _named({*by_words, *by_examples})
    found = [
        {
            "version": str(pk),
            "name": name,
            "description": _rounded(by_words.get(pk)),
            "exemplars": _rounded(by_examples.get(pk)),
            "shared_prompts": shared.get(pk, 0),
        }
        for pk, name in names.items()
    ]
    return sorted(found, key=_nearness, reverse=True)[:SHOWN]


def _by_description(version: KernelVersion) -> dict[UUID, float]:
    rows = (
        KernelVersion.objects.filter(
            _visible(version, "kernel__client"),
            state=KernelVersion.State.LIVE,
            encoder_digest=version.encoder_digest,
        )
        .exclude(kernel=version.kernel_id)
        .annotate(distance=CosineDistance("description_embedding", version.description_embedding))
        .order_by("distance", "pk")
    )
    return {pk: 1 - distance for pk, distance in rows.values_list("pk", "distance")[:SHOWN]}


def _by_exemplars(version: KernelVersion) -> tuple[dict[UUID, float], dict[UUID, int]]:
    """The largest cosine of two exemplars, and how many prompts both have."""
    largest: dict[UUID, float] = {}
    shared: dict[UUID, int] = defaultdict(int)
    others = Exemplar.objects.filter(
        _visible(version, "version__kernel__client"),
        live=True,
        encoder_digest=version.encoder_digest,
    ).exclude(version__kernel=version.kernel_id)
    for own in version.exemplars.order_by("pk")[:EXEMPLARS]:
        near = others.annotate(distance=CosineDistance("embedding", own.embedding))
        rows = near.order_by("distance").values_list("version_id", "distance", "prompt")[:NEAREST]
        for pk, distance, _ in rows:
            largest[pk] = max(largest.get(pk, -1.0), 1 - distance)
        for pk in {pk for pk, _, prompt in rows if prompt == own.prompt}:
            shared[pk] += 1
    return largest, shared


def _visible(version: KernelVersion, client: str) -> Q:
    """Kernels for one client's traffic compete with its own and everybody's."""
    if version.kernel.client_id is None:
        return Q()
    return Q(**{client: version.kernel.client_id}) | Q(**{client: None})


def _named(pks: set[UUID]) -> dict[UUID, str]:
    rows = KernelVersion.objects.filter(pk__in=pks).values_list("pk", "kernel__name", "number")
    return {pk: f"{name} v{number}" for pk, name, number in rows}


def _nearness(found: dict[str, Any]) -> tuple[int, float, str]:
    cosines = (found["description"], found["exemplars"])
    nearest = max((one for one in cosines if one is not None), default=0.0)
    return found["shared_prompts"], nearest, found["version"]


def _rounded(cosine: float | None) -> float | None:
    return None if cosine is None else round(cosine, 3)
