"""Where the process reward model and the verifier disagree, a person looks (row X9)."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kernels.review import ReviewError
from training.models import ReviewItem
from training.nets.roster import place_of
from training.prm.step_labels import VerifierOutcome
from trajectories.models import Trajectory


class AlreadyResolved(ReviewError):
    """Somebody has resolved it already."""


def note_disagreement(
    *,
    query: str,
    worker: str,
    step_scores: Sequence[float],
    outcome: VerifierOutcome,
    margin: float,
    trajectory: Trajectory | None = None,
) -> ReviewItem | None:
    """Opens a review where the mean step score is further than `margin` from the verifier's.

    None where they agree, or where a review of this trajectory exists. Changes no label.
    """
    place_of(worker)
    if not step_scores:
        return None
    mean = sum(step_scores) / len(step_scores)
    if abs(mean - outcome.score) <= margin:
        return None
    said = "passed" if outcome.passed else "failed"
    fields = {
        "query": query,
        "worker": worker,
        "prm_score": mean,
        "verifier_score": outcome.score,
        "verifier_passed": outcome.passed,
        "how": outcome.how,
        "reason": f"the steps score {mean:.2f} on average, and the answer {said} with "
        f"{outcome.score:.2f} ({outcome.how})",
    }
    if trajectory is None:
        return ReviewItem.objects.create(**fields)
    item, opened = ReviewItem.objects.get_or_create(trajectory=trajectory, defaults=fields)
    return item if opened else None


@transaction.atomic
def resolve_review(*, review: ReviewItem, user: User, reason: str) -> None:
    """Closes a review with what came of it. Raises AlreadyResolved, ValueError."""
    if not reason.strip():
        raise ValueError("say what came of it")
    open_rows = ReviewItem.objects.filter(pk=review.pk, state=ReviewItem.State.OPEN)
    if not open_rows.update(
        state=ReviewItem.State.RESOLVED,
        resolution=reason.strip(),
        resolved_by=user,
        resolved_at=timezone.now(),
    ):
        raise AlreadyResolved()


class NotResolvedByYou(ReviewError):
    """It is open already, or somebody else has resolved it."""


def last_resolved(user: User) -> ReviewItem | None:
    """What this person resolved last."""
    return ReviewItem.objects.filter(resolved_by=user).order_by("-resolved_at").first()


@transaction.atomic
def reopen_review(*, review: ReviewItem, user: User) -> None:
    """Takes back a resolution, by who gave it. Raises NotResolvedByYou."""
    own = ReviewItem.objects.filter(pk=review.pk, state=ReviewItem.State.RESOLVED, resolved_by=user)
    if not own.update(
        state=ReviewItem.State.OPEN, resolution="", resolved_by=None, resolved_at=None
    ):
        raise NotResolvedByYou()
