"""What is decided about kernel versions in the admin; each decision goes through `review`."""

from functools import partial

from django.http import HttpRequest

from kernels.deciding_admin import DecidingAdmin, Decision
from kernels.models import KernelVersion
from kernels.review import (
    approve_candidate,
    is_weak,
    reject_candidate,
    release,
    roll_back,
)

State = KernelVersion.State


DECISIONS = {
    "approve": Decision(
        action="approve_selected",
        label="Approve",
        verb="Approve",
        done="Approved",
        applies_to=(State.CANDIDATE,),
        consequence="It goes live with the next request; a live version of its kernel retires.",
        decide=approve_candidate,
        needs_reason=False,
        variant="primary",
        key="a",
    ),
    "approve-anyway": Decision(
        action="approve_anyway_selected",
        label="Approve in spite of a weak contract",
        verb="Approve anyway",
        done="Approved in spite of its weak contract",
        applies_to=(State.CANDIDATE,),
        consequence="It goes live although its contract lets many wrong outputs through. "
        "The reason is kept with it.",
        decide=partial(approve_candidate, override=True),
        needs_reason=True,
        variant="danger",
        key="a",
    ),
    "reject": Decision(
        action="reject_selected",
        label="Reject, with a reason",
        verb="Reject",
        done="Rejected",
        applies_to=(State.CANDIDATE,),
        consequence="It does not go live. The reason is kept with it; it can be taken back.",
        decide=reject_candidate,
        needs_reason=True,
        variant="danger",
        key="r",
    ),
    "roll-back": Decision(
        action="roll_back_selected",
        label="Roll back, with a reason",
        verb="Roll back",
        done="Rolled back",
        applies_to=(State.LIVE, State.QUARANTINED),
        consequence="It retires with the next request; the version it superseded is live again, "
        "or else the kernel answers nothing until a version is approved.",
        decide=roll_back,
        needs_reason=True,
        variant="danger",
    ),
    "release": Decision(
        action="release_selected",
        label="Release from quarantine, with a reason",
        verb="Release",
        done="Released",
        applies_to=(State.QUARANTINED,),
        consequence="It is live again with the next request, and its record starts afresh.",
        decide=release,
        needs_reason=True,
        variant="primary",
    ),
}


class DecisionsAdmin(DecidingAdmin[KernelVersion]):
    """The five decisions about a version."""

    decisions = DECISIONS
    row_name = "version"
    rows_name = "versions"
    decide_order = ("kernel__name", "number")

    def decisions_for(self, request: HttpRequest, row: KernelVersion) -> dict[str, Decision]:
        return self.open_to(row) if self.has_review_permission(request) else {}

    def open_to(self, version: KernelVersion) -> dict[str, Decision]:
        """What may be decided about it, by those who may."""
        hidden = {"approve" if is_weak(version) else "approve-anyway"}
        if version.gate_pending:
            hidden = {"approve", "approve-anyway"}
        return {
            name: decision
            for name, decision in self.decisions.items()
            if version.state in decision.applies_to and name not in hidden
        }


def quarantined_versions(request: HttpRequest) -> int:
    """How many versions are in quarantine; the sidebar shows it."""
    return KernelVersion.objects.filter(state=State.QUARANTINED).count()


def waiting_candidates(request: HttpRequest) -> int:
    """How many candidates wait for a decision; the sidebar shows it."""
    return KernelVersion.objects.filter(state=State.CANDIDATE).count()
