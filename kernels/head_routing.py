"""What the live head says of one prompt: the kernel it is for, P(right) and the threshold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from kernels.decision import Candidate
from kernels.encoder import Vector
from kernels.head import NEIGHBOURS, Flags, Head, Neighbours, Reading
from kernels.learned_models import RoutingHead
from kernels.models import KernelVersion
from kernels.trust import Trust

NOBODY = -1  # a client, or a kernel's position, that there is not


@dataclass(frozen=True, eq=False)
class LiveHead:
    """A head that serves, with whose kernels it knows: `head.kernels` are ids of versions."""

    pk: int
    head: Head
    trust: Trust
    ceiling: float
    clients: tuple[int | None, ...]  # whose each kernel is; None: everybody's
    guarded: frozenset[str]  # versions that have a threshold of their own

    @cached_property
    def positions(self) -> dict[str, int]:
        return {version: position for position, version in enumerate(self.head.kernels)}

    def visible_to(self, client_id: int | None) -> Flags:
        """(C,); to None, all are."""
        seen = [client_id is None or owner in (None, client_id) for owner in self.clients]
        return np.array(seen)


@lru_cache(maxsize=4)
def live_head(pk: int) -> LiveHead:
    """Reads a head once a process; of its row, nothing but the state changes."""
    row = RoutingHead.objects.get(pk=pk)
    head = Head.from_bytes(bytes(row.weights))
    rows = KernelVersion.objects.filter(pk__in=head.kernels).values_list("pk", "kernel__client")
    owners = {str(version): client for version, client in rows}
    return LiveHead(
        pk,
        head,
        Trust.from_json(row.trust),
        row.ceiling,
        tuple(owners.get(version, NOBODY) for version in head.kernels),
        frozenset(row.guarded),
    )


def retire_heads(*, unless_for: float) -> int:
    """Takes a head out of service whose thresholds hold another ceiling; returns how many."""
    live = RoutingHead.objects.filter(state=RoutingHead.State.LIVE).exclude(ceiling=unless_for)
    return live.update(state=RoutingHead.State.RETIRED)


def by_head(
    live: LiveHead,
    candidates: Sequence[Candidate],
    *,
    client_id: int | None,
    layers: Vector,
    near: Sequence[tuple[str, float]],
    strangers: Collection[str],
) -> list[Candidate]:
    """The candidates with the head's P and threshold where it speaks for them.

    `near`: version and cosine of each exemplar near the prompt, in any order. `strangers` are
    versions for other kinds of calls: they are no rivals. The head is silent about guarded kernels,
    and about all when the client has fewer than two that it knows.
    """
    allowed = live.visible_to(client_id)
    allowed[[live.positions[one] for one in strangers if one in live.positions]] = False
    if allowed.sum() < 2 or not near:
        return list(candidates)
    reading = live.head.read(layers[None], _neighbours(live, near), allowed)
    chosen = live.head.kernels[int(reading.chosen[0])]
    return [_reconsidered(live, one, chosen, reading) for one in candidates]


def _neighbours(live: LiveHead, near: Sequence[tuple[str, float]]) -> Neighbours:
    nearest = sorted(near, key=lambda one: -one[1])[:NEIGHBOURS]
    return Neighbours(
        np.array([[similarity for _, similarity in nearest]], dtype=np.float32),
        np.array([[live.positions.get(version, NOBODY) for version, _ in nearest]]),
    )


def _reconsidered(live: LiveHead, one: Candidate, chosen: str, reading: Reading) -> Candidate:
    if one.version_id not in live.positions or one.version_id in live.guarded:
        return one
    if one.version_id != chosen:
        return replace(
            one, obstacle=one.obstacle or "the trained head takes the prompt for another's"
        )
    return replace(
        one,
        probability=float(live.trust.probability(reading)[0]),
        threshold=live.trust.threshold_for(chosen, live.ceiling),
        head=live.pk,
    )
