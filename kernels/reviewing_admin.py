"""What reviewers do about a version besides deciding: edit, undo, ask a second one, replay.

Every view checks the permission; every write is a POST and leaves a line in the history.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from kernels.contract_form import contract_form
from kernels.decisions_admin import DecisionsAdmin
from kernels.editing import edit_contract
from kernels.models import KernelVersion, ReviewAction, SecondReview
from kernels.registry import SameVersion
from kernels.replay_rows import request_replay
from kernels.review import ReviewError
from kernels.second_review import ask_second, give_second, may_be_asked, withdraw_second
from kernels.second_words import second_shown
from kernels.undoing import undo
from trajectories.admin_base import user_of

LIST = "admin:kernels_kernelversion_changelist"
PAGE = "admin:kernels_kernelversion_change"


class VerdictForm(forms.Form):
    """A verdict with its reason."""

    verdict = forms.ChoiceField(
        choices=SecondReview.Verdict.choices, widget=UnfoldAdminRadioSelectWidget
    )
    reason = forms.CharField(max_length=2_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class AskForm(VerdictForm):
    """The first verdict, and who is to give the second."""

    reviewer = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        empty_label="anybody who may decide",
        widget=UnfoldAdminSelectWidget,
    )

    field_order = ("reviewer", "verdict", "reason")


class ReviewingAdmin(DecisionsAdmin):
    """Adds the views below to the admin of versions."""

    def get_urls(self) -> list[URLPattern]:
        views = {
            "edit-contract": self.edit_view,
            "second": self.second_view,
            "second/withdraw": self.withdraw_view,
            "replay": self.replay_view,
        }
        own = [
            path(
                f"<uuid:row_id>/{route}/",
                self.admin_site.admin_view(view),
                name=f"kernels_kernelversion_{route.replace('/', '_').replace('-', '_')}",
            )
            for route, view in views.items()
        ]
        undoing = path(
            "undo/<int:action_id>/",
            self.admin_site.admin_view(self.undo_view),
            name="kernels_kernelversion_undo",
        )
        return [undoing, *own, *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def edit_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """A form on the conditions; saving makes a new candidate."""
        version, user = self._reviewed(request, row_id)
        form = contract_form(version, request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                new = edit_contract(version=version, user=user, **form.cleaned_data)
            except (ReviewError, SameVersion) as error:
                form.add_error(None, error.detail)
            else:
                self._tell(request, new, f"Contract edited, from v{version.number}.")
                return HttpResponseRedirect(reverse(PAGE, args=[new.pk]))
        page = {"form": form, "title": f"Edit the contract of {version}"}
        return self._page(request, "kernels/edit_contract.html", version, page)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def second_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Asks for a second reviewer; for whoever was asked, the form of the second verdict."""
        version, user = self._reviewed(request, row_id)
        shown = second_shown(version, user)
        if shown is not None and shown.is_open and not shown.may_give:
            messages.warning(request, f"{shown.asked} was asked for the second verdict.")
            return HttpResponseRedirect(reverse(PAGE, args=[version.pk]))
        gives = shown is not None and shown.is_open
        data = request.POST if request.method == "POST" else None
        form = VerdictForm(data) if gives else _ask_form(user, data)
        if form.is_valid():
            try:
                decide = give_second if gives else ask_second
                decide(version=version, user=user, **form.cleaned_data)
            except ReviewError as error:
                form.add_error(None, error.detail)
            else:
                said = "Second verdict given." if gives else "Second reviewer asked."
                self._tell(request, version, said)
                return HttpResponseRedirect(reverse(PAGE, args=[version.pk]))
        title = "Your verdict" if gives else "Ask for a second reviewer"
        page = {"form": form, "gives": gives, "title": f"{title}: {version}"}
        return self._page(request, "kernels/second.html", version, page)

    @method_decorator(require_POST)
    def withdraw_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Takes the request for a second verdict back."""
        version, user = self._reviewed(request, row_id)
        try:
            withdraw_second(version=version, user=user)
            self._tell(request, version, "Second review withdrawn.")
        except ReviewError as error:
            messages.error(request, error.detail)
        return HttpResponseRedirect(reverse(PAGE, args=[version.pk]))

    @method_decorator(require_POST)
    def replay_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Asks for a fresh replay."""
        version, user = self._reviewed(request, row_id)
        try:
            request_replay(version=version, user=user)
            self._tell(request, version, "A fresh replay is in the queue.")
        except ReviewError as error:
            messages.warning(request, error.detail)
        return HttpResponseRedirect(reverse(PAGE, args=[version.pk]))

    @method_decorator(require_POST)
    def undo_view(self, request: HttpRequest, action_id: int) -> HttpResponse:
        """Takes a decision back."""
        actions = ReviewAction.objects.select_related("version__kernel").filter(pk=action_id)
        if not self.has_review_permission(request):
            raise PermissionDenied
        action = actions.defer("version__description_embedding").first()
        if action is None:
            raise Http404
        version, user = self._reviewed(request, action.version_id)
        try:
            taken = undo(action=action, user=user)
            self._tell(request, version, taken.reason)
        except ReviewError as error:
            messages.error(request, error.detail)
        if request.POST.get("next") == "queue":
            return HttpResponseRedirect(f"{reverse(LIST)}?state__exact=candidate")
        return HttpResponseRedirect(reverse(PAGE, args=[version.pk]))

    def _reviewed(self, request: HttpRequest, row_id: UUID) -> tuple[KernelVersion, User]:
        """The version and who asks. Raises PermissionDenied, Http404."""
        if not self.has_review_permission(request):
            raise PermissionDenied
        version = self.get_queryset(request).filter(pk=row_id).first()
        if version is None:
            raise Http404
        return version, user_of(request)

    def _tell(self, request: HttpRequest, version: KernelVersion, said: str) -> None:
        """Here, and in the version's history."""
        self.log_change(request, version, said)
        messages.success(request, said)

    def _page(
        self, request: HttpRequest, template: str, version: KernelVersion, page: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.page_names(),
            "opts": self.opts,
            "version": version,
            **page,
        }
        return TemplateResponse(request, template, context)


def _ask_form(user: User, data: Any) -> AskForm:
    form = AskForm(data)
    active = User.objects.filter(is_active=True, is_staff=True).order_by("username")
    able = [one.pk for one in active if may_be_asked(one, by=user)]
    form.fields["reviewer"].queryset = User.objects.filter(pk__in=able)  # type: ignore[attr-defined]
    return form
