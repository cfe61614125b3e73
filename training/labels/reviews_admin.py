"""Where people label, in the admin: scores of steps, and reviews of disagreements."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from kernels.deciding_admin import DecidingAdmin, Decision
from training.labels.disagreement import resolve_review
from training.lessons.recording import score_step
from training.models import ReviewItem, StepExample
from trajectories.admin_base import ModelAdmin
from trajectories.markup import badge, brief, json_block, text_block
from trajectories.record_admin import RecordAdmin


class StepScoreForm(forms.ModelForm[StepExample]):
    """A score from 0 to 1; empty only where a verifier's label is there."""

    class Meta:
        model = StepExample
        fields = ("human_score",)

    def clean_human_score(self) -> float | None:
        score: float | None = self.cleaned_data["human_score"]
        if score is None and self.instance.label is None:
            raise forms.ValidationError("No verifier has labelled this step: it needs a score.")
        return score


class StepExampleAdmin(RecordAdmin[StepExample]):
    form = StepScoreForm
    list_display = ("step_brief", "worker", "label", "human_score", "label_source", "created_at")
    list_filter = ("worker", "label_source", ("learned_at", admin.EmptyFieldListFilter))
    id_fields = ("trajectory_id",)
    search_fields = ("query", "step")
    fields = (
        "worker",
        "query_shown",
        "before_shown",
        "step_shown",
        "position",
        "label",
        "label_source",
        "human_score",
        "trajectory",
        "created_at",
        "learned_at",
    )
    readonly_fields = tuple(name for name in fields if name != "human_score")

    def has_change_permission(self, request: HttpRequest, obj: StepExample | None = None) -> bool:
        return ModelAdmin.has_change_permission(self, request, obj)

    def save_model(
        self, request: HttpRequest, obj: StepExample, form: forms.ModelForm[Any], change: bool
    ) -> None:
        if "human_score" in form.changed_data:
            score_step(example=obj, score=obj.human_score)

    @admin.display(description="step")
    def step_brief(self, example: StepExample) -> str:
        return brief(example.step, 80) or "(empty)"

    @admin.display(description="query")
    def query_shown(self, example: StepExample) -> SafeString:
        return text_block(example.query)

    @admin.display(description="steps before")
    def before_shown(self, example: StepExample) -> SafeString:
        return json_block(example.steps_before)

    @admin.display(description="step")
    def step_shown(self, example: StepExample) -> SafeString:
        return text_block(example.step)


class ReviewItemAdmin(DecidingAdmin[ReviewItem], RecordAdmin[ReviewItem]):
    decisions = {
        "resolve": Decision(
            action="resolve_selected",
            label="Resolve, with what came of it",
            verb="Resolve",
            done="Resolved",
            applies_to=(ReviewItem.State.OPEN,),
            consequence="No label changes: to correct one, score the steps.",
            decide=resolve_review,
            needs_reason=True,
            variant="primary",
        )
    }
    row_id = "int"
    row_name = "review"
    rows_name = "reviews"
    decide_order = ("created_at",)
    list_display = ("query_brief", "worker", "reason", "state_badge", "created_at")
    list_filter = ("state", "worker", "verifier_passed")
    ordering = ("state", "-created_at")  # open ones come first, by the alphabet
    id_fields = ("trajectory_id",)
    search_fields = ("query", "reason")
    fields = (
        "state_badge",
        "worker",
        "query_shown",
        "reason",
        "prm_score",
        "verifier_score",
        "verifier_passed",
        "how",
        "trajectory",
        "created_at",
        "resolution",
        "resolved_by",
        "resolved_at",
    )

    @admin.display(description="query")
    def query_brief(self, review: ReviewItem) -> str:
        return brief(review.query, 80) or "(empty)"

    @admin.display(description="query")
    def query_shown(self, review: ReviewItem) -> SafeString:
        return text_block(review.query)

    @admin.display(description="state", ordering="state")
    def state_badge(self, review: ReviewItem) -> SafeString:
        return badge(review.state, "warning" if review.state == "open" else "success")


def open_reviews(request: HttpRequest) -> int:
    """How many disagreements wait for a person; the sidebar shows it."""
    return ReviewItem.objects.filter(state=ReviewItem.State.OPEN).count()
