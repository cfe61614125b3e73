"""Reads to whom the router sent recent requests, and what people and verifiers said of that."""

from datetime import datetime

from training.figures.confusion import Confusion, Sent, confusion
from training.models import RouterOutcome
from training.nets.roster import WORKERS
from trajectories.models import Client

NEWEST = 5_000  # outcomes that are looked at


def router_confusion(*, since: datetime, client: Client | None = None) -> Confusion:
    """Of the newest outcomes, those since then; of one client or of all. One query.

    Not those where the worker was named, or chosen at random: the router did not choose.
    """
    chosen = RouterOutcome.objects.exclude(trajectory__search__alone=True)
    rows = chosen.order_by("-pk").select_related("trajectory")
    newest = rows.only(
        "worker",
        "suggested_worker",
        "right_worker",
        "verified",
        "created_at",
        "trajectory__client_id",
    )[:NEWEST]
    return confusion(
        (
            Sent(one.worker, one.named_worker, one.right_worker is False, one.verified)
            for one in newest
            if one.created_at >= since and (client is None or _client(one) == client.pk)
        ),
        WORKERS,
    )


def _client(outcome: RouterOutcome) -> int | None:
    return outcome.trajectory.client_id if outcome.trajectory is not None else None
