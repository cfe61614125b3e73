"""Compositions in the admin: the plan drawn, and approve, reject, retire, each with its reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None or not self.has_view_permission(request, found):
            return super().change_view(request, object_id, form_url, extra_context)
        page = {
            "title": str(found),
            "sections": composition_sections(found),
            "state_badge": self.state_badge(found),
            "decisions": self.decisions_for(request, found),
            **self.page_names(),
        }
        return super().change_view(request, object_id, form_url, page | (extra_context or {}))

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
