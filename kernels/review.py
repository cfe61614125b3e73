"""What is decided about a version: approve, reject, roll back, quarantine, release.

Each decision is one transaction and one `ReviewAction`. Routing reads live exemplars from the
database, so a decision holds from the next request on.
"""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kernels.models import Exemplar, Kernel, KernelVersion, ReviewAction
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


class WeakContract(ReviewError):
    """Its contract refuses too few wrong outputs. Whoever approves it anyway says why."""


@transaction.atomic
def approve_candidate(
    *, version: KernelVersion, user: User | None, reason: str = "", override: bool = False
) -> KernelVersion:
    """Makes a candidate live, retires the version that was; returns it as it now is.

    With `override`, also one whose contract is weak; that needs a reason and is recorded as such.
    Raises NotACandidate, WeakContract, ReasonMissing.
    """
    if override:
        _require_reason(reason)
    candidate = _locked(version)
    _require_candidate(candidate)
    if not override:
        _require_teeth(candidate)
    live = _live_version(candidate.kernel)
    if live is not None:  # first, because a kernel has at most one live version
        _move(live, State.RETIRED, f"Superseded by v{candidate.number}.")
    _move(candidate, State.LIVE, reason)
    _record(candidate, Action.OVERRIDE if override else Action.APPROVE, user, reason)
    return candidate


@transaction.atomic
def reject_candidate(*, version: KernelVersion, user: User | None, reason: str) -> KernelVersion:
    """Turns a candidate down for good; returns it as it now is.

    Raises NotACandidate, ReasonMissing.
    """
    _require_reason(reason)
    candidate = _locked(version)
    _require_candidate(candidate)
    _move(candidate, State.REJECTED, reason)
    _record(candidate, Action.REJECT, user, reason)
    return candidate


@transaction.atomic
def roll_back(*, version: KernelVersion, user: User | None, reason: str) -> KernelVersion | None:
    """Retires the live version; the one it superseded is live again, and is returned (None: none).

    A version that was itself rolled back never comes back. Raises NotLive, ReasonMissing.
    """
    _require_reason(reason)
    retired = _locked(version)
    if retired.state not in (State.LIVE, State.QUARANTINED):
        raise NotLive(f"{retired}: {NotLive.__doc__}")
    _move(retired, State.RETIRED, reason)
    _record(retired, Action.ROLL_BACK, user, reason)
    previous = None if _live_version(retired.kernel) else _last_superseded(retired)
    if previous is not None:
        _move(previous, State.LIVE, f"Live again, v{retired.number} was rolled back: {reason}")
    return previous


@transaction.atomic
def quarantine(*, version: KernelVersion, reason: str) -> bool:
    """Takes a live version out of service until somebody decides; False if it is not live."""
    drifted = _locked(version)
    if drifted.state != State.LIVE:
        return False
    _move(drifted, State.QUARANTINED, reason)
    _record(drifted, Action.QUARANTINE, None, reason)
    return True


@transaction.atomic
def release(*, version: KernelVersion, user: User | None, reason: str) -> KernelVersion:
    """Makes a quarantined version live again; its wrong answers so far are forgiven.

    Raises NotQuarantined, AnotherIsLive, ReasonMissing.
    """
    _require_reason(reason)
    released = _locked(version)
    if released.state != State.QUARANTINED:
        raise NotQuarantined(f"{released}: {NotQuarantined.__doc__}")
    if _live_version(released.kernel) is not None:
        raise AnotherIsLive(f"{released}: {AnotherIsLive.__doc__}")
    record = f"{released.passes} passed, {released.failures} failed"
    released.passes = released.failures = 0  # routing would refuse it for them
    released.save(update_fields=["passes", "failures"])
    _move(released, State.LIVE, reason)
    _record(released, Action.RELEASE, user, f"{reason} (The record until then: {record}.)")
    return released


def _locked(version: KernelVersion) -> KernelVersion:
    """The version as it is now. Its kernel stays locked until the decision is committed."""
    # Decisions about one kernel queue up on its row; new versions may still be inserted.
    Kernel.objects.select_for_update(no_key=True).get(pk=version.kernel_id)
    return (
        KernelVersion.objects.select_for_update(of=("self",))
        .select_related("kernel")
        .get(pk=version.pk)
    )


def _live_version(kernel: Kernel) -> KernelVersion | None:
    return kernel.versions.select_for_update().filter(state=State.LIVE).first()


def _last_superseded(version: KernelVersion) -> KernelVersion | None:
    return (
        version.kernel.versions.select_for_update()
        .filter(state=State.RETIRED)
        .exclude(pk__in=ReviewAction.objects.filter(action=Action.ROLL_BACK).values("version"))
        .order_by(F("decided_at").desc(nulls_last=True), "-number")
        .first()
    )


def _move(version: KernelVersion, state: KernelVersion.State, reason: str) -> None:
    version.state = state
    version.decision_reason = reason
    version.decided_at = timezone.now()
    # Only these columns: scoring may be counting passes and failures on the same row.
    version.save(update_fields=["state", "decision_reason", "decided_at"])
    Exemplar.objects.filter(version=version).update(live=state == State.LIVE)


def _record(
    version: KernelVersion, action: ReviewAction.Action, user: User | None, reason: str
) -> None:
    ReviewAction.objects.create(version=version, action=action, user=user, reason=reason)


def _require_candidate(version: KernelVersion) -> None:
    if version.state != State.CANDIDATE:
        raise NotACandidate(f"{version}: {NotACandidate.__doc__}")


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


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
