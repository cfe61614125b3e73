"""Compositions in the admin: the plan drawn, and approve, reject, retire, each with its reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from kernels.composition_models import Composition, CompositionReview
from kernels.composition_page import composition_sections
from kernels.composition_review import (
    approve_composition,
    reject_composition,
    retire_composition,
)
from kernels.deciding_admin import DecidingAdmin, Decision
from trajectories.markup import Tone, badge
from trajectories.record_admin import RecordAdmin

State = Composition.State
STATE_TONES: dict[str, Tone] = {
    State.CANDIDATE: "warning",
    State.LIVE: "success",
    State.RETIRED: "",
    State.REJECTED: "danger",
}
DECISIONS = {
    "approve": Decision(
        action="approve_selected",
        label="Approve",
        verb="Approve",
        done="Approved",
        applies_to=(State.CANDIDATE,),
        consequence="It can be run at once; the live version of the same name retires.",
        decide=approve_composition,
        needs_reason=False,
        variant="primary",
    ),
    "reject": Decision(
        action="reject_selected",
        label="Reject, with a reason",
        verb="Reject",
        done="Rejected",
        applies_to=(State.CANDIDATE,),
        consequence="It never runs. The reason is kept with it.",
        decide=reject_composition,
        needs_reason=True,
        variant="danger",
    ),
    "retire": Decision(
        action="retire_selected",
        label="Retire, with a reason",
        verb="Retire",
        done="Retired",
        applies_to=(State.LIVE,),
        consequence="It cannot be run any more; runs under way end as they would.",
        decide=retire_composition,
        needs_reason=True,
        variant="danger",
    ),
}


@admin.register(Composition)
class CompositionAdmin(DecidingAdmin[Composition], RecordAdmin[Composition]):
    decisions = DECISIONS
    row_name = "composition"
    rows_name = "compositions"
    decide_order = ("name", "number")
    list_display = (
        "__str__",
        "serves",
        "state_badge",
        "passes",
        "failures",
        "created_at",
    )
    list_filter = ("state", "client")
    list_select_related = ("client",)
    ordering = ("state", "-created_at")  # candidates come first, by the alphabet
    search_fields = ("name",)
    id_fields = ("pk",)
    change_form_outer_before_template = "kernels/review_page.html"
    fieldsets = (
        (
            "Identity",
            {
                "fields": ("id", "client", "name", "number", "created_at", "decided_at"),
                "classes": ("collapse",),
            },
        ),
    )

    def shown_with(self, request: HttpRequest, row: Composition) -> dict[str, Any]:
        return {
            **super().shown_with(request, row),
            "title": str(row),
            "sections": composition_sections(row),
            "state_badge": self.state_badge(row),
            "decisions": self.decisions_for(request, row),
            **self.page_names(),
        }

    @admin.display(description="may be run by")
    def serves(self, composition: Composition) -> str:
        return str(composition.client or "everybody")

    @admin.display(description="state", ordering="state")
    def state_badge(self, composition: Composition) -> SafeString:
        return badge(composition.state, STATE_TONES[composition.state])


@admin.register(CompositionReview)
class CompositionReviewAdmin(RecordAdmin[CompositionReview]):
    list_display = ("at", "action", "composition", "user", "reason")
    list_filter = ("action", "user")
    list_select_related = ("composition", "user")
    ordering = ("-id",)
    search_fields = ("composition__name",)
    id_fields = ("composition_id",)
    fields = ("composition", "action", "user", "reason", "at")


def waiting_compositions(request: HttpRequest) -> int:
    """How many compositions wait for a decision; the sidebar shows it."""
    return Composition.objects.filter(state=State.CANDIDATE).count()
