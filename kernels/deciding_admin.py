"""Decisions in the admin: actions on selected rows, and a page that asks for the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextareaWidget

from kernels.review import ReviewError
from trajectories.admin_base import ModelAdmin

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Decision:
    """A decision as the admin offers it."""

    action: str  # the admin action's name
    label: str  # in the list of actions
    verb: str
    done: str
    applies_to: tuple[str, ...]  # the states a row may be in
    consequence: str
    decide: Callable[..., object]  # gets the row by its name, `user` and `reason`
    needs_reason: bool
    variant: str
    key: str = ""  # the shortcut on the page


class ReasonForm(forms.Form):
    """Why; kept with the decision."""

    reason = forms.CharField(
        max_length=2_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autofocus": True})
    )


class DecidingAdmin(ModelAdmin[Row]):
    """Offers `decisions`, each by its name in the URL, to those who may change such rows."""

    decisions: ClassVar[Mapping[str, Decision]]
    row_name: ClassVar[str]  # of one row: the argument's name
    rows_name: ClassVar[str]  # of many, for people
    decide_order: ClassVar[tuple[str, ...]]
    row_id: ClassVar[str] = "uuid"  # of a row's id in a URL: Django's converter

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def decisions_for(self, request: HttpRequest, row: Any) -> dict[str, Decision]:
        """What this user may decide about a row in its present state, by URL name."""
        if not self.has_review_permission(request):
            return {}
        return {n: d for n, d in self.decisions.items() if row.state in d.applies_to}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        if self.has_review_permission(request):
            for decision in self.decisions.values():
                act = partial(_act, decision=decision)
                found[decision.action] = (act, decision.action, decision.label)
        return found

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            f"<{self.row_id}:row_id>/decide/<slug:name>/",
            self.admin_site.admin_view(self.decide_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_decide",
        )
        return [ask, *super().get_urls()]

    def decide_view(self, request: HttpRequest, row_id: object, name: str) -> HttpResponse:
        """Asks for the reason of a decision about one row; the form posts the action."""
        if not self.has_review_permission(request):
            raise PermissionDenied
        queryset = self.get_queryset(request).filter(pk=row_id)
        if name not in self.decisions or not queryset.exists():
            raise Http404
        return self._ask(request, queryset, self.decisions[name], self._form(self.decisions[name]))

    def page_names(self) -> dict[str, str]:
        """What the templates of these pages need to link to each other."""
        model = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return {
            "list_view": f"{model}_changelist",
            "row_view": f"{model}_change",
            "decide_view": f"{model}_decide",
            "rows_name": self.rows_name,
        }

    def _form(self, decision: Decision, request: HttpRequest | None = None) -> ReasonForm:
        applied = request is not None and "apply" in request.POST
        form = ReasonForm(request.POST if request and applied else None)
        form.fields["reason"].required = decision.needs_reason
        return form

    def _ask(
        self, request: HttpRequest, queryset: QuerySet[Row], decision: Decision, form: ReasonForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.page_names(),
            "opts": self.opts,
            "title": f"{decision.verb}: why?",
            "decision": decision,
            "rows": list(queryset.order_by(*self.decide_order)),
            "form": form,
            "selected_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "kernels/decide.html", context)

    def decide(
        self, request: HttpRequest, queryset: QuerySet[Row], decision: Decision
    ) -> HttpResponse | None:
        """Takes the decision about each row, or asks for the reason first."""
        if decision.needs_reason:
            form = self._form(decision, request)
            if not form.is_valid():
                return self._ask(request, queryset, decision, form)
        assert isinstance(request.user, User)
        reason, done = request.POST.get("reason", "").strip(), 0
        # Of two candidates of one name the newer is decided last, so it is the one that stays.
        for row in queryset.order_by(*self.decide_order):
            try:
                decision.decide(**{self.row_name: row}, user=request.user, reason=reason)
            except ReviewError as error:
                messages.error(request, str(error))
                continue
            done += 1
            self.log_change(request, row, f"{decision.done}. {reason}".strip())
        if done:
            messages.success(request, f"{decision.done}: {done}.")
        return None


def _act(
    offering: DecidingAdmin[Any],
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    decision: Decision,
) -> HttpResponse | None:
    """As Django calls an action."""
    return offering.decide(request, queryset, decision)
