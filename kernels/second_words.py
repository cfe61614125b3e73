"""What a page shows of a second review: never a verdict before both are there."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from kernels.models import KernelVersion, SecondReview
from kernels.second_review import may_give

State = SecondReview.State
MOST_SHOWN = 20
HEAVY = ("version__description_embedding", "version__spec", "version__evidence", "first_reason")


@dataclass(frozen=True)
class Opinion:
    """One of the two verdicts."""

    who: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class SecondShown:
    """The last second review of a version, as one user may see it."""

    is_open: bool
    asked_by: str
    asked: str
    asked_at: datetime
    may_give: bool
    opinions: tuple[Opinion, ...]  # empty while it is open


def second_shown(version: KernelVersion, user: User) -> SecondShown | None:
    """None where no second review is open or was given. One query."""
    shown = (State.OPEN, State.GIVEN)
    found = (
        version.second_reviews.filter(state__in=shown)
        .select_related("first", "reviewer", "second")
        .first()
    )
    if found is None:
        return None
    return SecondShown(
        is_open=found.state == State.OPEN,
        asked_by=str(found.first or "somebody who has left"),
        asked=str(found.reviewer or "anybody who may decide"),
        asked_at=found.asked_at,
        may_give=found.state == State.OPEN and may_give(found, user),
        opinions=_opinions(found) if found.state == State.GIVEN else (),
    )


def _opinions(review: SecondReview) -> tuple[Opinion, ...]:
    return (
        Opinion(str(review.first or "—"), review.first_verdict, review.first_reason),
        Opinion(str(review.second or "—"), review.second_verdict, review.second_reason),
    )


def waiting_for(user: User) -> QuerySet[SecondReview]:
    """The open requests that this user may answer."""
    waiting = SecondReview.objects.filter(state=State.OPEN).exclude(first=user)
    return waiting.filter(Q(reviewer=user) | Q(reviewer=None))


def asked_of(user: User) -> list[SecondReview]:
    """The oldest of those first. One query."""
    mine = waiting_for(user).select_related("version__kernel")
    return list(mine.defer(*HEAVY).order_by("pk")[:MOST_SHOWN])
