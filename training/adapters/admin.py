"""Adapters in the admin: where each stands and what was counted; promoting and rolling back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from kernels.deciding_admin import DecidingAdmin, Decision
from kernels.review import ReviewError
from training.adapters.models import Adapter
from training.adapters.page import adapter_sections
from training.adapters.states import MoveRefused, promote, reject, roll_back, start_shadow
from trajectories.markup import Tone, badge
from trajectories.record_admin import RecordAdmin

State = Adapter.State
STATE_TONES: dict[str, Tone] = {
    State.CANDIDATE: "",
    State.SHADOW: "info",
    State.CANARY: "warning",
    State.LIVE: "success",
    State.RETIRED: "",
    State.REJECTED: "danger",
    State.ROLLED_BACK: "danger",
}


def _decided(move: Callable[..., object]) -> Callable[..., object]:
    """A move as the admin decides it: by a user, refused in words."""

    def decide(*, adapter: Adapter, user: User, reason: str) -> None:
        try:
            move(adapter=adapter, reason=reason, by=user.get_username())
        except MoveRefused as error:
            raise ReviewError(error.detail) from error

    return decide


DECISIONS = {
    "promote": Decision(
        action="promote_selected",
        label="Promote to live",
        verb="Promote",
        done="Promoted",
        applies_to=(State.CANDIDATE, State.SHADOW, State.CANARY, State.RETIRED),
        consequence="It answers its family from now on; what does so now retires.",
        decide=_decided(promote),
        needs_reason=True,
        variant="primary",
    ),
    "shadow": Decision(
        action="shadow_selected",
        label="Try in shadow",
        verb="Try in shadow",
        done="In shadow",
        applies_to=(State.CANDIDATE,),
        consequence="It is asked what its family asks, and nobody gets its answers.",
        decide=_decided(partial(start_shadow, metrics=None)),
        needs_reason=True,
        variant="default",
    ),
    "roll-back": Decision(
        action="roll_back_selected",
        label="Roll back",
        verb="Roll back",
        done="Rolled back",
        applies_to=(State.LIVE,),
        consequence="What it replaced answers again: an adapter, or the base model. It is not "
        "used any more.",
        decide=_decided(roll_back),
        needs_reason=True,
        variant="danger",
    ),
    "reject": Decision(
        action="reject_selected",
        label="Reject",
        verb="Reject",
        done="Rejected",
        applies_to=(State.CANDIDATE, State.SHADOW, State.CANARY),
        consequence="It goes no further and is not served any more.",
        decide=_decided(partial(reject, metrics=None)),
        needs_reason=True,
        variant="danger",
    ),
}


class AdapterAdmin(DecidingAdmin[Adapter], RecordAdmin[Adapter]):
    decisions = DECISIONS
    row_id = "int"
    row_name = "adapter"
    rows_name = "adapters"
    decide_order = ("created_at",)
    list_display = (
        "name",
        "client",
        "state_badge",
        "served_badge",
        "label",
        "parent",
        "short_reason",
        "state_since",
    )
    list_filter = ("state", "client", "base_model", ("flagged_at", admin.EmptyFieldListFilter))
    list_select_related = ("client", "parent")
    search_fields = ("name", "label", "signature")
    change_form_outer_before_template = "kernels/review_page.html"
    fieldsets = (
        (
            "Identity",
            {
                "fields": ("id", "client", "signature", "base_model", "digest", "archive", "gguf"),
                "classes": ("collapse",),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Adapter]:
        return super().get_queryset(request).select_related("client", "parent", "run")

    def shown_with(self, request: HttpRequest, row: Adapter) -> dict[str, Any]:
        return {
            **super().shown_with(request, row),
            "title": row.name,
            "sections": adapter_sections(row),
            "state_badge": self.state_badge(row),
            "decisions": self.decisions_for(request, row),
            **self.page_names(),
        }

    @admin.display(description="state", ordering="state")
    def state_badge(self, adapter: Adapter) -> SafeString:
        return badge(adapter.state, STATE_TONES[adapter.state])

    @admin.display(description="served", ordering="server_url")
    def served_badge(self, adapter: Adapter) -> SafeString:
        return badge("served", "success") if adapter.is_served else badge("not served")

    @admin.display(description="reason")
    def short_reason(self, adapter: Adapter) -> str:
        return adapter.reason[:120]
