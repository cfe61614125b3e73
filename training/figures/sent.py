"""Reads to whom the router sent recent requests, and what people and verifiers said of that."""

from datetime import datetime

from training.figures.confusion import Confusion, Sent, confusion
from training.models import RouterOutcome
from training.nets.roster import WORKERS
from trajectories.models import Client

NEWEST = 5_000  # outcomes that are looked at


def router_confusion(*, since: datetime, client: Client | None = None) -> Confusion:
    """Of the outcomes since then, the newest at most. One query."""
    rows = RouterOutcome.objects.filter(created_at__gte=since)
    if client is not None:
        rows = rows.filter(trajectory__client=client)
    found = rows.order_by("-pk").only("worker", "suggested_worker", "right_worker", "verified")
    return confusion(
        (
            Sent(one.worker, one.named_worker, one.right_worker is False, one.verified)
            for one in found[:NEWEST]
        ),
        WORKERS,
    )
