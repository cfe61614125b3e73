"""What is decided about a composition: approve, reject, retire. Each is one transaction, audited.

The static check runs again at approval, since kernels may have changed after the proposal.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kernels.composition_models import Composition, CompositionReview
from kernels.compositions import check, evidence_of, plan_of
from kernels.review import NotACandidate, NotLive, ReasonMissing, ReviewError

State = Composition.State
Action = CompositionReview.Action


class NoLongerFits(ReviewError):
    """The static check refuses it by now."""


@transaction.atomic
def approve_composition(
    *, composition: Composition, user: User | None, reason: str = ""
) -> Composition:
    """Makes a candidate live and retires the version that was; returns it as it now is.

    Raises NotACandidate, NoLongerFits.
    """
    candidate = _candidate(composition)
    checked = check(plan_of(candidate), candidate.client)
    if not checked.report.fits:
        refused = [str(found) for found in checked.report.findings if found.kind != "may_fail"]
        raise NoLongerFits(f"{candidate}: {NoLongerFits.__doc__} {'; '.join(refused[:5])}")
    candidate.evidence = evidence_of(checked)
    candidate.save(update_fields=["evidence"])
    for live in _versions(candidate).filter(state=State.LIVE):
        _move(live, State.RETIRED, f"Superseded by v{candidate.number}.")
    _move(candidate, State.LIVE, reason)
    _record(candidate, Action.APPROVE, user, reason)
    return candidate


@transaction.atomic
def reject_composition(*, composition: Composition, user: User | None, reason: str) -> Composition:
    """Turns a candidate down for good. Raises NotACandidate, ReasonMissing."""
    _require_reason(reason)
    candidate = _candidate(composition)
    _move(candidate, State.REJECTED, reason)
    _record(candidate, Action.REJECT, user, reason)
    return candidate


@transaction.atomic
def retire_composition(*, composition: Composition, user: User | None, reason: str) -> Composition:
    """Takes a live composition out of service; what is under way goes on.

    Raises NotLive, ReasonMissing.
    """
    _require_reason(reason)
    live = _locked(composition)
    if live.state != State.LIVE:
        raise NotLive(f"{live}: only a live composition can be retired.")
    _move(live, State.RETIRED, reason)
    _record(live, Action.RETIRE, user, reason)
    return live


def _locked(composition: Composition) -> Composition:
    """The composition as it now is; all versions of it stay locked until the commit."""
    versions = _versions(composition).select_for_update(of=("self",)).order_by("number")
    return next(one for one in versions.select_related("client") if one.pk == composition.pk)


def _candidate(composition: Composition) -> Composition:
    found = _locked(composition)
    if found.state != State.CANDIDATE:
        raise NotACandidate(f"{found}: {NotACandidate.__doc__}")
    return found


def _versions(composition: Composition) -> QuerySet[Composition]:
    return Composition.objects.filter(client=composition.client, name=composition.name)


def _move(composition: Composition, state: Composition.State, reason: str) -> None:
    composition.state = state
    composition.decision_reason = reason
    composition.decided_at = timezone.now()
    composition.save(update_fields=["state", "decision_reason", "decided_at"])


def _record(
    composition: Composition, action: CompositionReview.Action, user: User | None, reason: str
) -> None:
    CompositionReview.objects.create(
        composition=composition, action=action, user=user, reason=reason
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
