"""Approve, reject and roll back in the admin, for selected versions; each goes through `review`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextareaWidget

from kernels.models import KernelVersion
from kernels.review import (
    ReviewError,
    approve_candidate,
    is_weak,
    reject_candidate,
    release,
    roll_back,
)
from trajectories.admin_base import ModelAdmin

State = KernelVersion.State


@dataclass(frozen=True)
class Decision:
    """A decision as the admin offers it."""

    action: str  # the admin action's name
    verb: str
    done: str
    applies_to: tuple[str, ...]  # the states a version may be in
    consequence: str
    decide: Callable[..., object]
    needs_reason: bool
    variant: str


DECISIONS = {
    "approve": Decision(
        action="approve_selected",
        verb="Approve",
        done="Approved",
        applies_to=(State.CANDIDATE,),
        consequence="It goes live with the next request; a live version of its kernel retires.",
        decide=approve_candidate,
        needs_reason=False,
        variant="primary",
    ),
    "approve-anyway": Decision(
        action="approve_anyway_selected",
        verb="Approve anyway",
        done="Approved in spite of its weak contract",
        applies_to=(State.CANDIDATE,),
        consequence="It goes live although its contract lets many wrong outputs through. "
        "The reason is kept with it.",
        decide=partial(approve_candidate, override=True),
        needs_reason=True,
        variant="danger",
    ),
    "reject": Decision(
        action="reject_selected",
        verb="Reject",
        done="Rejected",
        applies_to=(State.CANDIDATE,),
        consequence="It never goes live. The reason is kept with it.",
        decide=reject_candidate,
        needs_reason=True,
        variant="danger",
    ),
    "roll-back": Decision(
        action="roll_back_selected",
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
        verb="Release",
        done="Released",
        applies_to=(State.QUARANTINED,),
        consequence="It is live again with the next request, and its record starts afresh.",
        decide=release,
        needs_reason=True,
        variant="primary",
    ),
}


class ReasonForm(forms.Form):
    """Why; kept with the decision."""

    reason = forms.CharField(
        max_length=2_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autofocus": True})
    )


class DecisionsAdmin(ModelAdmin[KernelVersion]):
    """The five actions, and a page that asks for the reason."""

    actions = (
        "approve_selected",
        "approve_anyway_selected",
        "reject_selected",
        "roll_back_selected",
        "release_selected",
    )

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("kernels.change_kernelversion")

    @admin.action(description="Approve", permissions=["review"])
    def approve_selected(
        self, request: HttpRequest, queryset: QuerySet[KernelVersion]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["approve"])

    @admin.action(description="Approve in spite of a weak contract", permissions=["review"])
    def approve_anyway_selected(
        self, request: HttpRequest, queryset: QuerySet[KernelVersion]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["approve-anyway"])

    @admin.action(description="Reject, with a reason", permissions=["review"])
    def reject_selected(
        self, request: HttpRequest, queryset: QuerySet[KernelVersion]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["reject"])

    @admin.action(description="Roll back, with a reason", permissions=["review"])
    def roll_back_selected(
        self, request: HttpRequest, queryset: QuerySet[KernelVersion]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["roll-back"])

    @admin.action(description="Release from quarantine, with a reason", permissions=["review"])
    def release_selected(
        self, request: HttpRequest, queryset: QuerySet[KernelVersion]
    ) -> HttpResponse | None:
        return self._act(request, queryset, DECISIONS["release"])

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            "<uuid:version_id>/decide/<slug:name>/",
            self.admin_site.admin_view(self.decide_view),
            name="kernels_kernelversion_decide",
        )
        return [ask, *super().get_urls()]

    def decide_view(self, request: HttpRequest, version_id: str, name: str) -> HttpResponse:
        """Asks for the reason of a decision about one version; the form posts the action."""
        if not self.has_review_permission(request):
            raise PermissionDenied
        queryset = self.get_queryset(request).filter(pk=version_id)
        if name not in DECISIONS or not queryset.exists():
            raise Http404
        return self._ask(request, queryset, DECISIONS[name], self._form(DECISIONS[name]))

    def decisions_for(self, request: HttpRequest, version: KernelVersion) -> dict[str, Decision]:
        """What this user may decide about a version in its present state, by URL name."""
        if not self.has_review_permission(request):
            return {}
        hidden = "approve" if is_weak(version) else "approve-anyway"
        return {n: d for n, d in DECISIONS.items() if version.state in d.applies_to and n != hidden}

    def _act(
        self, request: HttpRequest, queryset: QuerySet[KernelVersion], decision: Decision
    ) -> HttpResponse | None:
        if decision.needs_reason:
            form = self._form(decision, request)
            if not form.is_valid():
                return self._ask(request, queryset, decision, form)
        self._decide(request, queryset, decision, request.POST.get("reason", "").strip())
        return None

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[KernelVersion],
        decision: Decision,
        reason: str,
    ) -> None:
        assert isinstance(request.user, User)
        done = 0
        # Of two candidates of one kernel the newer is decided last, so it is the one that stays.
        for version in queryset.select_related("kernel").order_by("kernel__name", "number"):
            try:
                decision.decide(version=version, user=request.user, reason=reason)
            except ReviewError as error:
                messages.error(request, str(error))
                continue
            done += 1
            self.log_change(request, version, f"{decision.done}. {reason}".strip())
        if done:
            messages.success(request, f"{decision.done}: {done}.")

    def _form(self, decision: Decision, request: HttpRequest | None = None) -> ReasonForm:
        applied = request is not None and "apply" in request.POST
        form = ReasonForm(request.POST if request and applied else None)
        form.fields["reason"].required = decision.needs_reason
        return form

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[KernelVersion],
        decision: Decision,
        form: ReasonForm,
    ) -> HttpResponse:
        versions = list(queryset.select_related("kernel").order_by("kernel__name", "number"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{decision.verb}: why?",
            "decision": decision,
            "versions": versions,
            "form": form,
            "selected_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "kernels/decide.html", context)


def quarantined_versions(request: HttpRequest) -> int:
    """How many versions are in quarantine; the sidebar shows it."""
    return KernelVersion.objects.filter(state=State.QUARANTINED).count()


def waiting_candidates(request: HttpRequest) -> int:
    """How many candidates wait for a decision; the sidebar shows it."""
    return KernelVersion.objects.filter(state=State.CANDIDATE).count()
