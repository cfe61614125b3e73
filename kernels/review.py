"""What is decided about a version: approve, reject, roll back, quarantine, release.

Each decision is one transaction and one `ReviewAction`. Routing reads live exemplars from the
database, so a decision holds from the next request on.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kernels.models import Exemplar, Kernel, KernelVersion, ReviewAction, SecondReview
from trajectories.errors import KernelWeaveError

State = KernelVersion.State
Action = ReviewAction.Action


class ReviewError(KernelWeaveError):
    """The decision could not be taken."""


class NotACandidate(ReviewError):
    """Only a candidate can be approved or rejected; somebody may have decided already."""


class NotLive(ReviewError):
    """Only a live or quarantined version of a kernel can be rolled back."""


class NotQuarantined(ReviewError):
    """Only a quarantined version can be released."""


class AnotherIsLive(ReviewError):
    """Another version of the kernel is live by now; roll that one back first."""


class ReasonMissing(ReviewError):
    """A reason is required: it is what the next reviewer reads."""


class GatePending(ReviewError):
    """The regression gate has not been run on it yet; it is in the queue."""


class SecondReviewOpen(ReviewError):
    """A second reviewer was asked: decide when the second verdict is there, or withdraw it."""


class WeakContract(ReviewError):
    """Its contract refuses too few wrong outputs. Whoever approves it anyway says why."""


@transaction.atomic
def approve_candidate(
    *, version: KernelVersion, user: User | None, reason: str = "", override: bool = False
) -> KernelVersion:
    """Makes a candidate live, retires the version that was; returns it as it now is.

    With `override`, also one whose contract is weak; that needs a reason and is recorded as such.
    Raises NotACandidate, SecondReviewOpen, GatePending, WeakContract, ReasonMissing.
    """
    if override:
        require_reason(reason)
    candidate = locked(version)
    require_candidate(candidate)
    require_no_second(candidate)
    if candidate.gate_pending:
        raise GatePending(f"{candidate}: {GatePending.__doc__}")
    if not override:
        _require_teeth(candidate)
    live = live_version(candidate.kernel)
    changes = []
    if live is not None:  # first, because a kernel has at most one live version
        changes.append(move(live, State.RETIRED, f"Superseded by v{candidate.number}."))
    changes.append(move(candidate, State.LIVE, reason))
    record(candidate, Action.OVERRIDE if override else Action.APPROVE, user, reason, changes)
    return candidate


@transaction.atomic
def reject_candidate(*, version: KernelVersion, user: User | None, reason: str) -> KernelVersion:
    """Turns a candidate down; returns it as it now is.

    Raises NotACandidate, SecondReviewOpen, ReasonMissing.
    """
    require_reason(reason)
    candidate = locked(version)
    require_candidate(candidate)
    require_no_second(candidate)
    changes = [move(candidate, State.REJECTED, reason)]
    record(candidate, Action.REJECT, user, reason, changes)
    return candidate


@transaction.atomic
def roll_back(*, version: KernelVersion, user: User | None, reason: str) -> KernelVersion | None:
    """Retires the live version; the one it superseded is live again, and is returned (None: none).

    A version that was itself rolled back never comes back. Raises NotLive, ReasonMissing.
    """
    require_reason(reason)
    retired = locked(version)
    if retired.state not in (State.LIVE, State.QUARANTINED):
        raise NotLive(f"{retired}: {NotLive.__doc__}")
    other = live_version(retired.kernel) if retired.state == State.QUARANTINED else None
    previous = None if other else _last_superseded(retired)
    changes = [move(retired, State.RETIRED, reason)]
    if previous is not None:
        again = f"Live again, v{retired.number} was rolled back: {reason}"
        changes.append(move(previous, State.LIVE, again))
    record(retired, Action.ROLL_BACK, user, reason, changes)
    return previous


@transaction.atomic
def quarantine(*, version: KernelVersion, reason: str) -> bool:
    """Takes a live version out of service until somebody decides; False if it is not live."""
    drifted = locked(version)
    if drifted.state != State.LIVE:
        return False
    changes = [move(drifted, State.QUARANTINED, reason)]
    record(drifted, Action.QUARANTINE, None, reason, changes)
    return True


@transaction.atomic
def release(*, version: KernelVersion, user: User | None, reason: str) -> KernelVersion:
    """Makes a quarantined version live again; its wrong answers so far are forgiven.

    Raises NotQuarantined, AnotherIsLive, ReasonMissing.
    """
    require_reason(reason)
    released = locked(version)
    if released.state != State.QUARANTINED:
        raise NotQuarantined(f"{released}: {NotQuarantined.__doc__}")
    if live_version(released.kernel) is not None:
        raise AnotherIsLive(f"{released}: {AnotherIsLive.__doc__}")
    forgiven = {"passes": released.passes, "failures": released.failures}
    said = f"{released.passes} passed, {released.failures} failed"
    released.passes = released.failures = 0  # routing would refuse it for them
    released.save(update_fields=["passes", "failures"])
    changes = [{**move(released, State.LIVE, reason), **forgiven}]
    why = f"{reason} (The record until then: {said}.)"
    record(released, Action.RELEASE, user, why, changes)
    return released


def locked(version: KernelVersion) -> KernelVersion:
    """The version as it is now. Its kernel stays locked until the decision is committed."""
    # Decisions about one kernel queue up on its row; new versions may still be inserted.
    Kernel.objects.select_for_update(no_key=True).get(pk=version.kernel_id)
    return (
        KernelVersion.objects.select_for_update(of=("self",))
        .select_related("kernel")
        .get(pk=version.pk)
    )


def live_version(kernel: Kernel) -> KernelVersion | None:
    """Its live version, locked."""
    return kernel.versions.select_for_update().filter(state=State.LIVE).first()


def _last_superseded(version: KernelVersion) -> KernelVersion | None:
    rolled_back = ReviewAction.objects.filter(action=Action.ROLL_BACK, undone_by=None)
    return (
        version.kernel.versions.select_for_update()
        .filter(state=State.RETIRED)
        .exclude(pk__in=rolled_back.values("version"))
        .order_by(F("decided_at").desc(nulls_last=True), "-number")
        .first()
    )


def move(version: KernelVersion, state: str, reason: str) -> dict[str, Any]:
    """Changes the state of a locked version; returns what changed, as its action keeps it."""
    change = {"version": str(version.pk), "number": version.number, "was": version.state}
    version.state = state
    version.decision_reason = reason
    version.decided_at = None if state == State.CANDIDATE else timezone.now()
    # Only these columns: scoring may be counting passes and failures on the same row.
    version.save(update_fields=["state", "decision_reason", "decided_at"])
    Exemplar.objects.filter(version=version).update(live=state == State.LIVE)
    return {**change, "now": str(state)}


def record(
    version: KernelVersion,
    action: str,
    user: User | None,
    reason: str,
    changes: Sequence[dict[str, Any]] = (),
    undoes: ReviewAction | None = None,
) -> ReviewAction:
    """Keeps who did what and why."""
    return ReviewAction.objects.create(
        version=version,
        action=action,
        user=user,
        reason=reason,
        changes=list(changes),
        undoes=undoes,
    )


def require_candidate(version: KernelVersion) -> None:
    """Raises NotACandidate, which says who decided what meanwhile."""
    if version.state == State.CANDIDATE:
        return
    last = version.reviews.select_related("user").order_by("-pk").first()
    by = f" It was decided at {last.at:%H:%M} UTC by {last.user or 'the service'}." if last else ""
    raise NotACandidate(f"{version}: {NotACandidate.__doc__}{by}")


def require_no_second(version: KernelVersion) -> None:
    """Raises SecondReviewOpen."""
    if version.second_reviews.filter(state=SecondReview.State.OPEN).exists():
        raise SecondReviewOpen(f"{version}: {SecondReviewOpen.__doc__}")


def is_weak(version: KernelVersion) -> bool:
    """Whether its contract refuses fewer wrong outputs than it must, or that is not known."""
    score = version.mutation_score
    return score is None or score < settings.KW_MIN_MUTATION_SCORE


def _require_teeth(version: KernelVersion) -> None:
    if is_weak(version):
        score = version.mutation_score
        known = "not measured" if score is None else f"{score:.0%} of them"
        raise WeakContract(
            f"{version}: {WeakContract.__doc__} "
            f"({known}; {settings.KW_MIN_MUTATION_SCORE:.0%} are required)"
        )


def require_reason(reason: str) -> None:
    """Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
