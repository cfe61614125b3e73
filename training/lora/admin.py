"""Fine-tuning runs in the admin: how far each is, its curve and log, and cancelling."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels.deciding_admin import DecidingAdmin, Decision
from kernels.review import ReviewError
from kernels.review_page import Section
from training.lora.loss_chart import loss_chart
from training.lora.models import LoraRun
from training.lora.runs import ask_to_cancel
from trajectories.markup import Tone, badge, json_block, link, moment, table
from trajectories.record_admin import RecordAdmin

State = LoraRun.State
STATE_TONES: dict[str, Tone] = {
    State.QUEUED: "warning",
    State.RUNNING: "info",
    State.DONE: "success",
    State.FAILED: "danger",
    State.CANCELLED: "",
}


def cancel_run(*, run: LoraRun, user: User, reason: str) -> None:
    """Raises ReviewError where it has ended."""
    if not ask_to_cancel(run=run, by=user.get_username(), why=reason):
        raise ReviewError(f"{run.label}: it has ended, or somebody cancelled it already.")


DECISIONS = {
    "cancel": Decision(
        action="cancel_selected",
        label="Cancel",
        verb="Cancel",
        done="Cancelled",
        applies_to=(State.QUEUED, State.RUNNING),
        consequence="It ends without an adapter; a running one as soon as its node hears of it.",
        decide=cancel_run,
        needs_reason=False,
        variant="danger",
    ),
}


class LoraRunAdmin(DecidingAdmin[LoraRun], RecordAdmin[LoraRun]):
    decisions = DECISIONS
    row_name = "run"
    rows_name = "LoRA runs"
    decide_order = ("created_at",)
    list_display = (
        "label",
        "client",
        "state_badge",
        "progress_shown",
        "speed",
        "device",
        "node",
        "short_reason",
        "created_at",
    )
    list_filter = ("state", "device", "client", "node")
    list_select_related = ("client", "node")
    search_fields = ("label", "signature")
    id_fields = ("pk",)
    heavy_fields = ("curve", "log")
    change_form_outer_before_template = "kernels/review_page.html"
    fieldsets = (
        (
            "Identity",
            {
                "fields": ("id", "client", "signature", "label", "dataset", "created_at"),
                "classes": ("collapse",),
            },
        ),
    )

    def shown_with(self, request: HttpRequest, row: LoraRun) -> dict[str, Any]:
        return {
            **super().shown_with(request, row),
            "title": str(row),
            "sections": run_sections(row),
            "state_badge": self.state_badge(row),
            "decisions": self.decisions_for(request, row),
            **self.page_names(),
        }

    def decisions_for(self, request: HttpRequest, row: LoraRun) -> dict[str, Decision]:
        return super().decisions_for(request, row) if row.cancel_asked_at is None else {}

    @admin.display(description="state", ordering="state")
    def state_badge(self, run: LoraRun) -> SafeString:
        if run.state == State.RUNNING and run.cancel_asked_at is not None:
            return badge("being cancelled", "warning")
        return badge(run.state, STATE_TONES[run.state])

    @admin.display(description="progress", ordering="iteration")
    def progress_shown(self, run: LoraRun) -> SafeString:
        return progress_bar(run)

    @admin.display(description="tokens/s", ordering="tokens_per_s")
    def speed(self, run: LoraRun) -> str:
        return "-" if run.tokens_per_s is None else f"{run.tokens_per_s:,.0f}"

    @admin.display(description="reason")
    def short_reason(self, run: LoraRun) -> str:
        return run.reason[:120]


def progress_bar(run: LoraRun) -> SafeString:
    bar = render_to_string(
        "unfold/components/progress.html", {"value": str(round(100 * min(1.0, run.progress)))}
    )
    words = f"{run.iteration:,} of {run.job.get('iterations', '?'):,}"
    return format_html(
        '<div style="min-width: 8rem" role="progressbar" aria-valuemin="0" aria-valuemax="100"'
        ' aria-valuenow="{}" aria-label="{}">{}<span class="text-xs">{}</span></div>',
        round(100 * min(1.0, run.progress)),
        f"{run.label}: {words}",
        SafeString(bar),
        words,
    )


def run_sections(run: LoraRun) -> list[Section]:
    """What a person asks of a run: where it stands, how it goes, what it was, what it said."""
    return [
        Section("Where it stands", (("", progress_bar(run)), ("", _standing(run)))),
        Section("Loss, in nats a token", (("", SafeString(loss_chart(run.curve))),)),
        Section("Job", (("", json_block(run.job)),)),
        Section("Log", (("", _log(run.log)),)),
    ]


def _standing(run: LoraRun) -> SafeString:
    rows: list[list[Any]] = [
        ["reason", run.reason],
        ["device", run.get_device_display()],
        ["node", _node(run)],
        ["attempts", run.attempts],
        ["tokens a second", "" if run.tokens_per_s is None else f"{run.tokens_per_s:,.0f}"],
        ["began", _time(run.started_at)],
        ["ended", _time(run.finished_at)],
        ["checkpoint", run.checkpoint and f"iteration {run.checkpoint_iteration:,}"],
        ["adapter", _adapter(run)],
        ["metrics", json_block(run.metrics) if run.metrics else ""],
    ]
    return table(["", ""], [row for row in rows if row[1] not in ("", None)])


def _node(run: LoraRun) -> SafeString | None:
    if run.node is None:
        return None
    return link(reverse("admin:training_trainingnode_change", args=[run.node.pk]), run.node.name)


def _adapter(run: LoraRun) -> SafeString | str:
    """What was made of it; until then, its archive."""
    made = getattr(run, "adapter", None)
    if made is None:
        return run.artifact
    return link(reverse("admin:training_adapter_change", args=[made.pk]), made.name)


def _time(at: Any) -> str:
    return moment(at, seconds=True) if at else ""


def _log(log: str) -> SafeString:
    return format_html(
        '<pre class="text-xs" style="max-height: 30rem; overflow: auto; white-space: pre-wrap">'
        "{}</pre>",
        log or "(nothing yet)",
    )
