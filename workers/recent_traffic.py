"""The requests that a version could have taken: the newest of its client and kind of call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from kernels.models import KernelVersion
from trajectories.models import Feedback, Trajectory
from workers.replay_case import Before

WINDOW = timedelta(days=7)
LOOKED_AT = 200


@dataclass(frozen=True)
class Traffic:
    """Requests, the newest first, and over how many days they came."""

    requests: Sequence[Trajectory]
    days: float
    cut: bool  # there were more

    def a_day(self, count: int) -> float:
        return count / self.days


def recent_traffic(version: KernelVersion) -> Traffic:
    """At most `LOOKED_AT` requests of `WINDOW`; less than a day counts as a day.

    The kind of call is that of its sources; without any, all kinds are looked at.
    """
    now = timezone.now()
    found = Trajectory.objects.filter(
        plain=True, run__isnull=False, retracted_at=None, created_at__gt=now - WINDOW
    )
    if version.kernel.client_id is not None:
        found = found.filter(client=version.kernel.client_id)
    if signatures := set(version.sources.values_list("signature", flat=True)):
        found = found.filter(signature__in=signatures)
    said = Feedback.objects.filter(trajectory=OuterRef("pk"))
    newest = list(
        found.select_related("run", "client")
        .prefetch_related("events")
        .annotate(
            liked=Exists(said.filter(Feedback.APPROVALS)),
            disliked=Exists(said.filter(Feedback.DENIALS)),
        )
        .order_by("-created_at")[: LOOKED_AT + 1]
    )
    requests, cut = newest[:LOOKED_AT], len(newest) > LOOKED_AT
    since = now - requests[-1].created_at if requests else WINDOW
    return Traffic(requests, max(1.0, since / timedelta(days=1)), cut)


def said_of(trajectory: Trajectory) -> Before:
    """What checks and people said of an answer; people have the last word."""
    marks = vars(trajectory)
    if marks["disliked"]:
        return "wrong" if trajectory.verified is False else "denied"
    if trajectory.verified is False:
        return "wrong"
    return "right" if trajectory.verified or marks["liked"] else "unchecked"
