"""Runs of compositions in the admin, with each of their steps."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from kernels.composition_models import PlanRun, StepRun
from trajectories.markup import Tone, badge, json_block, table, text_block
from trajectories.record_admin import RecordAdmin

STATUS_TONES: dict[str, Tone] = {
    "queued": "info",
    "running": "primary",
    "done": "success",
    "failed": "danger",
}


@admin.register(PlanRun)
class PlanRunAdmin(RecordAdmin[PlanRun]):
    list_display = ("id", "composition", "client", "status_badge", "created_at", "finished_at")
    list_filter = ("status", "client")
    list_select_related = ("client", "composition")
    paginator = InfinitePaginator  # counting all runs would scan them
    search_fields = ("composition__name",)
    id_fields = ("pk", "composition_id")
    search_help_text = "A composition's name, or the id of a run or a composition."
    heavy_fields = ("state",)
    fieldsets = (
        (None, {"fields": ("id", "composition", "client", "status_badge")}),
        ("Progress", {"fields": ("created_at", "driven_at", "finished_at", "steps_shown")}),
        ("Input", {"fields": ("input_shown",)}),
        ("Outcome", {"fields": ("output_shown", "error_shown")}),
    )

    @admin.display(description="status", ordering="status")
    def status_badge(self, run: PlanRun) -> SafeString:
        return badge(run.status, STATUS_TONES[run.status])

    @admin.display(description="steps")
    def steps_shown(self, run: PlanRun) -> SafeString:
        rows = [_row(step) for step in run.steps.all()]
        return table(["place", "what", "status", "tries", "gave", "worker", "ms"], rows)

    @admin.display(description="input")
    def input_shown(self, run: PlanRun) -> SafeString:
        return json_block(run.input)

    @admin.display(description="output")
    def output_shown(self, run: PlanRun) -> SafeString:
        return json_block(run.output)

    @admin.display(description="error")
    def error_shown(self, run: PlanRun) -> SafeString:
        return json_block(run.error)


def _row(step: StepRun) -> list[object]:
    undone = "roll back " if step.action == StepRun.Action.UNDO else ""
    took = ""
    if step.started_at and step.finished_at:
        took = f"{(step.finished_at - step.started_at).total_seconds() * 1e3:,.0f}"
    gave = text_block(step.failure) if step.failure else json_block(step.output)
    return [
        step.step,
        f"{undone}{step.kernel}",
        badge(step.status, STATUS_TONES[step.status]),
        str(step.attempts),
        gave,
        step.claimed_by or "—",
        took,
    ]
