"""Finds the families among the successes of one client and kind of call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from pgvector.django import CosineDistance

from kernels.compiler.clustering import Member, belongs, clusters
from kernels.compiler.distinct import same_question
from kernels.models import Exemplar, KernelVersion
from trajectories.models import Event, Feedback, Trajectory

POOL = 200  # successes that are looked at together, the newest
MAX_TRACES = 40
MAX_FAILURES = 4
FAILURES_LOOKED_AT = 60


@dataclass(frozen=True)
class Found:
    """A family, its members nearest to the seed first, one of each prompt.

    `new`: of how many of them no version was made. `served`: a kernel already has the family.
    """

    members: tuple[Trajectory, ...]
    new: int
    served: bool


def promotable() -> Any:
    """Trajectories that may become the source of a kernel: verified, liked, not yet used.

    `is_new` says that no version was made of it, not even one that was rejected.
    """
    liked = Feedback.objects.filter(Feedback.APPROVALS, trajectory=OuterRef("pk"))
    made = KernelVersion.objects.filter(sources=OuterRef("pk"))
    used = made.exclude(state=KernelVersion.State.REJECTED)
    return Trajectory.objects.filter(
        Q(verified=True) | Q(Exists(liked), verified__isnull=True),
        ~Exists(_disliked()),
        ~Exists(used),
        plain=True,
        retracted_at=None,
        route=Trajectory.Route.GENERATION,
        reward__gte=settings.KW_PROMOTE_MIN_REWARD,
    ).annotate(is_new=~Exists(made))


def newest_promotable(**among: Any) -> list[UUID]:
    """Ids of the newest promotable trajectory of each client and kind of call."""
    found = promotable().filter(**among).order_by("client", "signature", "-created_at")
    return list(found.distinct("client", "signature").values_list("pk", flat=True)[:100])


def families_beside(seed: Trajectory) -> list[Found]:
    """The families of the seed's kind of call, by the prompts and by what was observed.

    The seed's own comes first, then the largest. A kernel of this client has a family when half of
    its examples are among it.
    """
    pool = _pool(seed)
    examples = _examples(seed)
    events = _observed(seed)
    members = [_member(trajectory) for trajectory in pool]
    members += [Member(one.prompt, np.asarray(one.embedding), events) for one in examples]
    found = [
        _found(cluster, pool, examples)
        for cluster in clusters(members)
        if any(at < len(pool) for at in cluster)
    ]
    return sorted(found, key=lambda one: seed not in one.members)


def failures_of(family: Sequence[Trajectory]) -> list[Trajectory]:
    """Such prompts that the model answered badly: what the app asked for, or somebody, says so."""
    seed = family[0]
    generated = Trajectory.objects.filter(
        Q(verified=False) | Exists(_disliked()),
        plain=True,
        route=Trajectory.Route.GENERATION,
        kernel_version=None,
    )
    among = [_member(trajectory) for trajectory in family]
    near = _nearest(seed, generated)[:FAILURES_LOOKED_AT]
    return [one for one in near if belongs(among, _member(one))][:MAX_FAILURES]


def _pool(seed: Trajectory) -> list[Any]:
    """The newest successes with the seed among them, in an order that is always the same."""
    newest = list(_nearest(seed, promotable()).order_by("-created_at", "pk")[:POOL])
    if seed not in newest:
        newest = [*newest[: POOL - 1], *_nearest(seed, promotable()).filter(pk=seed.pk)]
    return sorted(newest, key=lambda one: (one.distance, one.pk != seed.pk, one.pk))


def _nearest(seed: Trajectory, among: Any) -> Any:
    return (
        among.filter(
            client=seed.client, signature=seed.signature, encoder_digest=seed.encoder_digest
        )
        .annotate(distance=CosineDistance("embedding", seed.embedding))
        .select_related("run")
        .prefetch_related("events")
        .order_by("distance", "pk")
    )


def _examples(seed: Trajectory) -> list[Exemplar]:
    """What the candidates and live kernels of this client show for this kind of call."""
    return list(
        Exemplar.objects.filter(
            version__state__in=[KernelVersion.State.CANDIDATE, KernelVersion.State.LIVE],
            version__kernel__client=seed.client,
            trajectory__signature=seed.signature,
            encoder_digest=seed.encoder_digest,
        ).order_by("pk")[:POOL]
    )


def _found(cluster: list[int], pool: list[Any], examples: list[Exemplar]) -> Found:
    own = [pool[at] for at in cluster if at < len(pool)]
    shown = [examples[at - len(pool)].version_id for at in cluster if at >= len(pool)]
    every = [one.version_id for one in examples]
    served = any(2 * shown.count(version) >= every.count(version) for version in set(shown))
    used = {same_question(one.prompt) for one in own if not one.is_new}
    first: dict[str, Any] = {}
    for one in own:
        first.setdefault(same_question(one.prompt), one)
    nearest = dict(list(first.items())[:MAX_TRACES])
    return Found(tuple(nearest.values()), len(nearest.keys() - used), served)


def _member(trajectory: Trajectory) -> Member:
    return Member(trajectory.prompt, np.asarray(trajectory.embedding), _observed(trajectory))


def _observed(trajectory: Trajectory) -> frozenset[str]:
    """The kinds of event and the tools of a trajectory."""
    return frozenset(_signs(trajectory))


def _signs(trajectory: Trajectory) -> Iterator[str]:
    for event in trajectory.events.all():
        yield event.kind
        if event.kind == Event.Kind.TOOL_CALL:
            yield f"tool {event.payload['call']['function']['name']}"


def _disliked() -> Any:
    return Feedback.objects.filter(Feedback.DENIALS, trajectory=OuterRef("pk"))
