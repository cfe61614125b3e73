"""Compositions in the admin: the plan drawn, and approve, reject, retire, each with its reason."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from kernels.composition_models import Composition, CompositionReview
from kernels.composition_page import composition_sections
from kernels.composition_review import (
    approve_composition,
    reject_composition,
    retire_composition,
)
from kernels.decisions_admin import Decision, ReasonForm
from kernels.review import ReviewError
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
        verb="Retire",
        done="Retired",
        applies_to=(State.LIVE,),
        consequence="It cannot be run any more; runs under way end as they would.",
        decide=retire_composition,
        needs_reason=True,
        variant="danger",
    ),
}
VIEWS = {
    "list_view": "admin:kernels_composition_changelist",
    "row_view": "admin:kernels_composition_change",
    "decide_view": "admin:kernels_composition_decide",
    "rows_name": "compositions",
}


@admin.register(Composition)
class CompositionAdmin(RecordAdmin[Composition]):
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
    actions = ("approve_selected", "reject_selected", "retire_selected")
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

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("kernels.change_composition")

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
        offered = DECISIONS if self.has_review_permission(request) else {}
        page = {
            "title": str(found),
            "sections": composition_sections(found),
            "state_badge": self.state_badge(found),
            "decisions": {n: d for n, d in offered.items() if found.state in d.applies_to},
            **VIEWS,
        }
        return super().change_view(request, object_id, form_url, page | (extra_context or {}))

    @admin.action(description="Approve", permissions=["review"])
    def approve_selected(
        self, request: HttpRequest, queryset: QuerySet[Composition]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["approve"])

    @admin.action(description="Reject, with a reason", permissions=["review"])
    def reject_selected(
        self, request: HttpRequest, queryset: QuerySet[Composition]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["reject"])

    @admin.action(description="Retire, with a reason", permissions=["review"])
    def retire_selected(
        self, request: HttpRequest, queryset: QuerySet[Composition]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["retire"])

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            "<uuid:composition_id>/decide/<slug:name>/",
            self.admin_site.admin_view(self.decide_view),
            name="kernels_composition_decide",
        )
        return [ask, *super().get_urls()]

    def decide_view(self, request: HttpRequest, composition_id: str, name: str) -> HttpResponse:
        """Asks for the reason of a decision about one composition; the form posts the action."""
        if not self.has_review_permission(request):
            raise PermissionDenied
        queryset = self.get_queryset(request).filter(pk=composition_id)
        if name not in DECISIONS or not queryset.exists():
            raise Http404
        form = ReasonForm()
        form.fields["reason"].required = DECISIONS[name].needs_reason
        return self._ask(request, queryset, DECISIONS[name], form)

    def _act(
        self, request: HttpRequest, queryset: QuerySet[Composition], decision: Decision
    ) -> HttpResponse | None:
        form = ReasonForm(request.POST if "apply" in request.POST else None)
        if decision.needs_reason and not form.is_valid():
            return self._ask(request, queryset, decision, form)
        assert isinstance(request.user, User)
        reason, done = request.POST.get("reason", "").strip(), 0
        for one in queryset.order_by("name", "number"):
            try:
                decision.decide(composition=one, user=request.user, reason=reason)
            except ReviewError as error:
                messages.error(request, str(error))
                continue
            done += 1
            self.log_change(request, one, f"{decision.done}. {reason}".strip())
        if done:
            messages.success(request, f"{decision.done}: {done}.")
        return None

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Composition],
        decision: Decision,
        form: ReasonForm,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **VIEWS,
            "opts": self.opts,
            "title": f"{decision.verb}: why?",
            "decision": decision,
            "versions": list(queryset.order_by("name", "number")),
            "form": form,
            "selected_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "kernels/decide.html", context)

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
