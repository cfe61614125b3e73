"""A second opinion on a candidate: asked for with the first, given without knowing it.

The first verdict and its reason stand on the `SecondReview` alone, which no page shows before the
second verdict is there. Verdicts decide nothing: the candidate is decided about as any other.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kernels.models import KernelVersion, ReviewAction, SecondReview
from kernels.review import (
    ReviewError,
    locked,
    record,
    require_candidate,
    require_no_second,
    require_reason,
)

State = SecondReview.State
Action = ReviewAction.Action
PERMISSION = "kernels.change_kernelversion"
COMPARED = 1_000  # of the doubly reviewed candidates, the newest


class MayNotReview(ReviewError):
    """Whoever is asked must be somebody else, active, who may decide about candidates."""


class NotAsked(ReviewError):
    """No second verdict is asked of you here; somebody may have given it or withdrawn it."""


class NoVerdict(ReviewError):
    """A verdict is `approve` or `reject`."""


@transaction.atomic
def ask_second(
    *, version: KernelVersion, user: User, verdict: str, reason: str, reviewer: User | None = None
) -> SecondReview:
    """Asks `reviewer`, or anybody who may, for a second verdict; keeps the first until then.

    Raises NotACandidate, SecondReviewOpen, MayNotReview, NoVerdict, ReasonMissing.
    """
    _require_verdict(verdict, reason)
    candidate = locked(version)
    require_candidate(candidate)
    require_no_second(candidate)
    if reviewer is not None and not may_be_asked(reviewer, by=user):
        raise MayNotReview
    whom = reviewer.get_username() if reviewer else "anybody who may decide"
    record(candidate, Action.ASK, user, f"Asked: {whom}.")  # and no word of the verdict
    return SecondReview.objects.create(
        version=candidate,
        first=user,
        first_verdict=verdict,
        first_reason=reason,
        reviewer=reviewer,
    )


@transaction.atomic
def give_second(*, version: KernelVersion, user: User, verdict: str, reason: str) -> SecondReview:
    """The second verdict; from now on both are shown. Raises NotAsked, NoVerdict, ReasonMissing."""
    _require_verdict(verdict, reason)
    review = _open(locked(version))
    if review is None or not may_give(review, user):
        raise NotAsked
    review.second, review.second_verdict, review.second_reason = user, verdict, reason
    _close(review, State.GIVEN)
    record(review.version, Action.SECOND, user, f"{verdict}: {reason}")
    return review


@transaction.atomic
def withdraw_second(*, version: KernelVersion, user: User) -> SecondReview:
    """Takes the request back; the first verdict is shown to nobody. Raises NotAsked."""
    review = _open(locked(version))
    if review is None:
        raise NotAsked
    _close(review, State.WITHDRAWN)
    record(review.version, Action.WITHDRAW, user, "The request is withdrawn.")
    return review


def may_be_asked(reviewer: User, *, by: User) -> bool:
    return reviewer.pk != by.pk and reviewer.is_active and reviewer.has_perm(PERMISSION)


def may_give(review: SecondReview, user: User) -> bool:
    """Whether this user is who was asked; never the one who gave the first verdict."""
    if review.first_id == user.pk or not user.has_perm(PERMISSION):
        return False
    return review.reviewer_id in (None, user.pk)


def verdict_pairs() -> list[tuple[str, str]]:
    """The first and second verdicts of the doubly reviewed candidates."""
    given = SecondReview.objects.filter(state=State.GIVEN)
    return list(given.values_list("first_verdict", "second_verdict")[:COMPARED])


def _open(version: KernelVersion) -> SecondReview | None:
    return version.second_reviews.filter(state=State.OPEN).first()


def _close(review: SecondReview, state: SecondReview.State) -> None:
    review.state = state
    review.closed_at = timezone.now()
    review.save()


def _require_verdict(verdict: str, reason: str) -> None:
    if verdict not in SecondReview.Verdict.values:
        raise NoVerdict
    require_reason(reason)
