"""Reads the rows that the figures of searches are made of."""

from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from training.figures.by_worker import Answered, Figures, Hit, figures
from training.models import RouterOutcome
from trajectories.last_word import last_word
from trajectories.models import Client, SearchRecord, Trajectory

DAYS = (0.01, 3650.0)  # least and most to look back
COLUMNS = (
    "worker",
    "answer",
    "outcome",
    "approved",
    "gate_first",
    "gate_passed",
    "right_worker",
    "reward",
    "tokens",
    "trajectory__duration_ms",
)
VERIFIED = {SearchRecord.Outcome.OK: True, SearchRecord.Outcome.FAILED: False}


def search_figures(*, days: float, client: Client | None = None) -> list[Figures]:
    """Of the answers of the last `days`, of one client or of all. Two queries."""
    since = timezone.now() - timedelta(days=days)
    searches = SearchRecord.objects.filter(created_at__gte=since)
    again = Trajectory.objects.filter(created_at__gte=since, reused__search__isnull=False)
    if client is not None:
        searches = searches.filter(trajectory__client=client)
        again = again.filter(client=client)
    return figures(_answered(searches), _hits(again))


def _answered(searches: QuerySet[SearchRecord]) -> list[Answered]:
    outcome = RouterOutcome.objects.filter(
        trajectory=OuterRef("trajectory"), worker=OuterRef("worker")
    )
    rows: Any = searches.order_by().annotate(
        approved=last_word("trajectory"),
        right_worker=Subquery(outcome.values("right_worker")[:1]),
        reward=Subquery(outcome.values("reward")[:1]),
    )
    return [
        Answered(
            row["worker"],
            bool(row["answer"]),
            VERIFIED.get(row["outcome"]) if row["answer"] else None,
            row["approved"],
            row["gate_first"],
            row["gate_passed"],
            row["right_worker"],
            row["reward"],
            row["tokens"],
            row["trajectory__duration_ms"],
        )
        for row in rows.values(*COLUMNS)
    ]


def _hits(again: QuerySet[Trajectory]) -> list[Hit]:
    rows: Any = again.order_by().annotate(approved=last_word("pk"))
    return [
        Hit(row["reused__search__worker"], row["approved"], row["duration_ms"])
        for row in rows.values("reused__search__worker", "approved", "duration_ms")
    ]
