"""Traffic in the admin: runs, trajectories with their events, feedback."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from trajectories.agent_admin import AgentSessionAdmin
from trajectories.key_admin import ApiKeyAdmin, ClientAdmin
from trajectories.markup import Tone, badge, brief, json_block, link, table, text_block, verdict
from trajectories.models import (
    AgentSession,
    AgentTurn,
    ApiKey,
    Client,
    Event,
    Feedback,
    ReceiptKey,
    Run,
    SearchRecord,
    Trajectory,
)
from trajectories.receipt_admin import ReceiptInline, ReceiptKeyAdmin
from trajectories.record_admin import RecordAdmin, RecordInline
from trajectories.search_admin import SearchRecordAdmin

admin.site.register(Client, ClientAdmin)
admin.site.register(ApiKey, ApiKeyAdmin)
admin.site.register(SearchRecord, SearchRecordAdmin)
admin.site.register(AgentSession, AgentSessionAdmin)
admin.site.register(ReceiptKey, ReceiptKeyAdmin)

STATUS_TONES: dict[str, Tone] = {
    Run.Status.QUEUED: "info",
    Run.Status.RUNNING: "primary",
    Run.Status.DONE: "success",
    Run.Status.FAILED: "danger",
    Run.Status.CANCELLED: "warning",
}
ROUTE_TONES: dict[str, Tone] = {
    Trajectory.Route.KERNEL: "primary",
    Trajectory.Route.GENERATION: "info",
    Trajectory.Route.REUSE: "success",
    Trajectory.Route.SEARCH: "warning",
    Trajectory.Route.AGENT: "",
}
CHECK_TONES: dict[str, Tone] = {"ok": "success", "failed": "danger", "could_not_run": "warning"}
KIND_TONES: dict[str, Tone] = {
    Event.Kind.DECISION: "primary",
    Event.Kind.EVIDENCE: "success",
    Event.Kind.VERIFICATION: "success",
    Event.Kind.FAILURE: "danger",
    Event.Kind.TOOL_CALL: "info",
    Event.Kind.TOOL_RESULT: "info",
}


@admin.register(Run)
class RunAdmin(RecordAdmin[Run]):
    list_display = ("id", "client", "status_badge", "attempts", "created_at", "finished_at")
    list_filter = ("status", "client")
    list_select_related = ("client",)
    paginator = InfinitePaginator  # counting all runs would scan them
    id_fields = ("pk",)
    search_fields = ("claimed_by",)
    search_help_text = "The id of a run, or a worker's name."
    heavy_fields = ("embedding",)
    fieldsets = (
        (None, {"fields": ("id", "client", "status_badge", "trajectory_link")}),
        (
            "Progress",
            {
                "fields": (
                    "attempts",
                    "claimed_by",
                    "lease_expires_at",
                    "created_at",
                    "started_at",
                    "finished_at",
                )
            },
        ),
        ("Request", {"fields": ("request_shown",)}),
        ("Route decision", {"fields": ("decision_shown", "encoder_digest")}),
        ("Outcome", {"fields": ("response_shown", "error_shown")}),
    )

    @admin.display(description="status", ordering="status")
    def status_badge(self, run: Run) -> SafeString:
        return badge(run.status, STATUS_TONES[run.status])

    @admin.display(description="trajectory")
    def trajectory_link(self, run: Run) -> SafeString | None:
        pk = Trajectory.objects.filter(run=run).values_list("pk", flat=True).first()
        return (
            link(reverse("admin:trajectories_trajectory_change", args=[pk]), str(pk))
            if pk
            else None
        )

    @admin.display(description="request")
    def request_shown(self, run: Run) -> SafeString:
        return json_block(run.request)

    @admin.display(description="decision")
    def decision_shown(self, run: Run) -> SafeString:
        return json_block(run.decision)

    @admin.display(description="response")
    def response_shown(self, run: Run) -> SafeString | None:
        return json_block(run.response) if run.response is not None else None

    @admin.display(description="error")
    def error_shown(self, run: Run) -> SafeString | None:
        return json_block(run.error) if run.error is not None else None


class EventInline(RecordInline[Event, Trajectory]):
    model = Event
    fields = ("sequence", "kind_badge", "payload_shown", "at", "duration_ms")
    readonly_fields = fields

    @admin.display(description="kind")
    def kind_badge(self, event: Event) -> SafeString:
        return badge(event.get_kind_display(), KIND_TONES.get(event.kind, ""))

    @admin.display(description="payload")
    def payload_shown(self, event: Event) -> SafeString:
        return json_block(event.payload)


class FeedbackInline(RecordInline[Feedback, Trajectory]):
    model = Feedback
    fields = ("verdict", "rating", "comment", "created_at")
    readonly_fields = fields
    verbose_name_plural = "feedback"


@admin.register(Trajectory)
class TrajectoryAdmin(RecordAdmin[Trajectory]):
    list_display = (
        "prompt_brief",
        "client",
        "route_badge",
        "kernel_name",
        "verified_badge",
        "tokens",
        "duration",
        "reward_shown",
        "created_at",
        "retracted_at",
    )
    list_filter = ("route", "verified", ("retracted_at", admin.EmptyFieldListFilter), "client")
    list_select_related = ("client",)
    paginator = InfinitePaginator
    id_fields = ("pk", "run_id", "kernel_version")
    search_fields = ("prompt",)
    search_help_text = "Words of a prompt, or the id of a trajectory, a run or a kernel version."
    heavy_fields = ("embedding",)
    inlines = (ReceiptInline, EventInline, FeedbackInline)
    fieldsets = (
        ("Asked", {"fields": ("client", "run_link", "prompt_shown", "system_shown", "plain")}),
        ("Answered", {"fields": ("output_shown", "output_schema_shown")}),
        ("Route", {"fields": ("route_badge", "route_reason", "kernel_link", "model")}),
        ("Checks", {"fields": ("verified_badge", "checks_shown")}),
        ("Cost", {"fields": ("prompt_tokens", "completion_tokens", "duration")}),
        ("Agent", {"fields": ("session_link", "signals_shown")}),
        (
            "Reward",
            {"fields": ("reward", "domain", "advantage", "reward_parts_shown", "scored_at")},
        ),
        ("Record", {"fields": ("id", "signature", "encoder_digest", "created_at")}),
    )

    @admin.display(description="prompt")
    def prompt_brief(self, trajectory: Trajectory) -> str:
        return brief(trajectory.prompt, 80) or "(empty)"

    @admin.display(description="route", ordering="route")
    def route_badge(self, trajectory: Trajectory) -> SafeString:
        return badge(trajectory.route, ROUTE_TONES[trajectory.route])

    @admin.display(description="verified", ordering="verified")
    def verified_badge(self, trajectory: Trajectory) -> SafeString:
        return verdict(trajectory.verified)

    @admin.display(description="tokens")
    def tokens(self, trajectory: Trajectory) -> int:
        return trajectory.prompt_tokens + trajectory.completion_tokens

    @admin.display(description="duration", ordering="duration_ms")
    def duration(self, trajectory: Trajectory) -> str:
        return f"{trajectory.duration_ms:,.0f} ms"

    @admin.display(description="reward", ordering="reward")
    def reward_shown(self, trajectory: Trajectory) -> str:
        return "-" if trajectory.reward is None else f"{trajectory.reward:.2f}"

    @admin.display(description="run")
    def run_link(self, trajectory: Trajectory) -> SafeString | None:
        run = trajectory.run_id
        if run is None:
            return None
        return link(reverse("admin:trajectories_run_change", args=[run]), str(run))

    @admin.display(description="session")
    def session_link(self, trajectory: Trajectory) -> SafeString | None:
        turn: AgentTurn | None = getattr(trajectory, "turn", None)
        if turn is None:
            return None
        url = reverse("admin:trajectories_agentsession_change", args=[turn.session_id])
        return link(url, f"{turn.session}, prompt {turn.place + 1}")

    @admin.display(description="seen")
    def signals_shown(self, trajectory: Trajectory) -> SafeString | None:
        turn: AgentTurn | None = getattr(trajectory, "turn", None)
        if turn is None:
            return None
        seen = {
            "working directory": turn.cwd,
            "skill": turn.skill,
            "corrected": turn.corrected,
            "corrected by": turn.corrected_by,
            "asked again": turn.redone,
            "build succeeded": turn.build_succeeded,
            "session went on": turn.continued,
            "secrets taken out": turn.redacted or "",
            "cut off": turn.cut or "",
        }
        rows = [[name, str(said)] for name, said in seen.items() if said not in (None, "")]
        return table(["what", ""], rows) if rows else None

    @admin.display(description="prompt")
    def prompt_shown(self, trajectory: Trajectory) -> SafeString:
        return text_block(trajectory.prompt)

    @admin.display(description="system prompt")
    def system_shown(self, trajectory: Trajectory) -> SafeString | None:
        return text_block(trajectory.system) if trajectory.system else None

    @admin.display(description="output")
    def output_shown(self, trajectory: Trajectory) -> SafeString:
        if trajectory.output is None:
            return text_block(trajectory.output_text)
        return json_block(trajectory.output)

    @admin.display(description="requested schema")
    def output_schema_shown(self, trajectory: Trajectory) -> SafeString | None:
        schema = trajectory.output_schema
        return json_block(schema) if schema is not None else None

    @admin.display(description="kernel")
    def kernel_link(self, trajectory: Trajectory) -> SafeString | None:
        if trajectory.kernel_version is None:
            return None
        url = reverse("admin:kernels_kernelversion_change", args=[trajectory.kernel_version])
        return link(url, trajectory.kernel_name)

    @admin.display(description="checks")
    def checks_shown(self, trajectory: Trajectory) -> SafeString | None:
        rows = [
            [
                check["label"] or check["kind"],
                badge(check["status"].replace("_", " "), CHECK_TONES[check["status"]]),
                check["reason"],
                f"{check['duration_ms']:.1f} ms",
            ]
            for check in trajectory.checks
        ]
        return table(["check", "result", "reason", "time"], rows) if rows else None

    @admin.display(description="parts")
    def reward_parts_shown(self, trajectory: Trajectory) -> SafeString | None:
        parts = trajectory.reward_parts
        if not parts:
            return None
        rows = [
            [name, "", f"{parts[name]:.3f}", ""]
            for name in ("total", "outcome", "process", "efficiency")
            if name in parts
        ]
        rows += [
            [
                f"{signal['part']}: {signal['name'].replace('_', ' ')}",
                f"{signal['weight']:.0%}",
                "-" if signal["value"] is None else f"{signal['value']:.3f}",
                signal["why"],
            ]
            for signal in parts.get("signals", [])
        ]
        return table(["part", "weight", "value", "why"], rows)


@admin.register(Feedback)
class FeedbackAdmin(RecordAdmin[Feedback]):
    list_display = ("trajectory_brief", "client", "verdict", "rating", "comment", "created_at")
    list_filter = ("verdict", "rating", "client")
    list_select_related = ("client", "trajectory")
    ordering = ("-id",)
    id_fields = ("trajectory_id",)
    search_fields = ("comment",)
    search_help_text = "Words of a comment, or the id of a trajectory."
    heavy_fields = ("trajectory__embedding",)
    fields = ("client", "trajectory", "verdict", "rating", "comment", "created_at")

    @admin.display(description="trajectory")
    def trajectory_brief(self, feedback: Feedback) -> str:
        return brief(feedback.trajectory.prompt, 80)
