"""The nightly plan in the admin: its settings, its plans with their steps, begun and cancelled."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from training.models import NightlyPlan, NightlySettings, NightlyStep
from training.nightly.errors import PlanRunning
from trajectories.admin_base import ModelAdmin
from trajectories.markup import Tone, badge, json_block, link
from trajectories.record_admin import RecordAdmin, RecordInline
from workers.nightly.plans import ask_to_advance, begin_plan, cancel_plan
from workers.queueing import QueueUnavailable

PLAN_TONES: dict[str, Tone] = {"running": "info", "done": "success", "cancelled": "warning"}
STEP_TONES: dict[str, Tone] = {
    "waiting": "",
    "running": "info",
    "done": "success",
    "failed": "danger",
    "skipped": "warning",
}
TRAIN_DIALOG: ActionDialog = {
    "title": "Train now?",
    "description": "What the clock does at night begins now. Nothing goes live unless it beats "
    "what is live.",
    "form_class": None,
    "form_submit_text": "Train now",
}
SHOWN = ("made", "state", "why", "lessons", "run", "seconds", "tokens_per_s", "adapter", "passed")


class NightlySettingsAdmin(ModelAdmin[NightlySettings]):
    """One row."""

    list_display = ("__str__", "enabled", "device", "base_model", "iterations", "canary_share")

    fieldsets = (
        (None, {"fields": ("enabled", "device", "base_model", "families")}),
        ("Enough to learn from", {"fields": ("least_lessons", "least_held_out", "most_held_out")}),
        (
            "Fine-tuning",
            {
                "fields": (
                    "rank",
                    "layers",
                    "learning_rate",
                    "iterations",
                    "batch_size",
                    "sequence_length",
                )
            },
        ),
        ("Rollout", {"fields": ("canary_share",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: NightlySettings | None = None
    ) -> bool:
        return False


class StepInline(RecordInline[NightlyStep, NightlyPlan]):
    model = NightlyStep
    fields = ("place", "kind", "family", "state_badge", "reason", "took", "found")
    readonly_fields = fields
    ordering = ("place",)

    @admin.display(description="family")
    def family(self, step: NightlyStep) -> str:
        return str(step.subject.get("label", "-"))

    @admin.display(description="state")
    def state_badge(self, step: NightlyStep) -> SafeString:
        return badge(step.state, STEP_TONES[step.state])

    @admin.display(description="took")
    def took(self, step: NightlyStep) -> str:
        if step.started_at is None:
            return "-"
        ended = step.finished_at or timezone.now()
        return f"{(ended - step.started_at).total_seconds():.0f} s"

    @admin.display(description="found")
    def found(self, step: NightlyStep) -> SafeString | str:
        told = {
            name: step.result[name] for name in SHOWN if step.result.get(name) not in (None, "")
        }
        gate = step.result.get("gate")
        if run := told.pop("run", None):
            return link(reverse("admin:training_lorarun_change", args=[run]), "the run")
        return json_block(told | (gate or {})) if told else "-"


class NightlyPlanAdmin(RecordAdmin[NightlyPlan]):
    list_display = ("key", "state_badge", "progress", "created_at", "finished_at")
    list_filter = ("state",)
    search_fields = ("key",)
    ordering = ("-created_at",)
    fields = ("key", "state_badge", "created_at", "finished_at", "options_shown")
    inlines = (StepInline,)
    actions = ("cancel_selected",)
    actions_list = ("train_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NightlyPlan]:
        ended = Q(steps__state__in=("done", "failed", "skipped"))
        found = super().get_queryset(request)
        failed = Count("steps", filter=Q(steps__state=NightlyStep.State.FAILED))
        return found.annotate(ended=Count("steps", filter=ended), all=Count("steps"), failed=failed)

    def has_train_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("training.add_nightlyplan")

    @admin.display(description="state", ordering="state")
    def state_badge(self, plan: NightlyPlan) -> SafeString:
        return badge(plan.state, PLAN_TONES[plan.state])

    @admin.display(description="steps")
    def progress(self, plan: Any) -> str:
        return f"{plan.ended} of {plan.all}{f', {plan.failed} failed' if plan.failed else ''}"

    @admin.display(description="options")
    def options_shown(self, plan: NightlyPlan) -> SafeString:
        return json_block(plan.options)

    @action(  # type: ignore[untyped-decorator]
        description="Train now", url_path="train-now", permissions=["train"], dialog=TRAIN_DIALOG
    )
    def train_now(self, request: HttpRequest, form: BaseDialogForm) -> HttpResponse:
        """Begins a plan, as the clock does at night."""
        try:
            at = f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC"
            plan, _ = begin_plan(key=f"{at} by {request.user}"[:60])
            ask_to_advance()
        except PlanRunning as error:
            messages.error(request, error.detail)
            return _go_to(request, reverse("admin:training_nightlyplan_changelist"))
        except QueueUnavailable:
            messages.warning(request, "The queue is down; the plan begins once it is back.")
        self.log_addition(request, plan, "begun by hand")
        return _go_to(request, reverse("admin:training_nightlyplan_change", args=[plan.pk]))

    @admin.action(description="Cancel", permissions=["train"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[NightlyPlan]) -> None:
        done = [plan for plan in queryset if cancel_plan(plan=plan)]
        for plan in done:
            self.log_change(request, plan, "cancelled")
        if done:
            messages.success(request, f"Cancelled: {len(done)}. What is live stays as it is.")
        if len(done) < queryset.count():
            messages.error(request, "Only running plans can be cancelled.")


def _go_to(request: HttpRequest, url: str) -> HttpResponse:
    """The dialog is sent by a script, which follows this header; other pages send a form."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
