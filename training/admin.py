"""What is learned from and what was learned, in the admin: outcomes, deltas, snapshots."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from kernels.learned_admin import LearnedAdmin
from training.adapters.admin import AdapterAdmin
from training.figures.admin import MetricsPage
from training.labels.queue_admin import LabelItemAdmin
from training.labels.reviews_admin import ReviewItemAdmin, StepExampleAdmin
from training.lora.admin import LoraRunAdmin
from training.models import (
    Adapter,
    LabelItem,
    LoraRun,
    ReviewItem,
    RouterOutcome,
    Snapshot,
    StepExample,
    TrainingNode,
    WorkerDelta,
)
from training.nodes.admin import TrainingNodeAdmin
from training.snapshots.states import put_into_service, take_out_of_service
from trajectories.markup import Tone, badge, json_block, verdict
from trajectories.record_admin import RecordAdmin

admin.site.register(StepExample, StepExampleAdmin)
admin.site.register(ReviewItem, ReviewItemAdmin)
admin.site.register(LabelItem, LabelItemAdmin)
admin.site.register(LoraRun, LoraRunAdmin)
admin.site.register(Adapter, AdapterAdmin)
admin.site.register(TrainingNode, TrainingNodeAdmin)

State = Snapshot.State
STATE_TONES: dict[str, Tone] = {
    State.CANDIDATE: "info",
    State.SHADOW: "warning",
    State.LIVE: "success",
    State.RETIRED: "",
    State.REJECTED: "danger",
}


@admin.register(Snapshot)
class SnapshotAdmin(LearnedAdmin[Snapshot]):
    list_display = ("id", "kind", "state_badge", "gain", "reason", "parent", "created_at")
    list_filter = ("kind", "state")
    list_select_related = ("parent",)
    search_fields = ("digest",)
    actions = ("put_selected_into_service", "take_selected_out_of_service")
    fields = (
        "kind",
        "state_badge",
        "reason",
        "parent",
        "digest",
        "file",
        "encoder_digest",
        "data_digest",
        "metrics_shown",
        "metadata_shown",
        "created_at",
    )

    @admin.display(description="state", ordering="state")
    def state_badge(self, snapshot: Snapshot) -> SafeString:
        return badge(snapshot.state, STATE_TONES[snapshot.state])

    @admin.display(description="gain (at least)")
    def gain(self, snapshot: Snapshot) -> str:
        found = snapshot.metrics.get("comparison", snapshot.metrics)
        return f"{found['gain']:.4f} ({found['gain_bound']:.4f})" if "gain" in found else "-"

    @admin.display(description="metadata")
    def metadata_shown(self, snapshot: Snapshot) -> SafeString:
        return json_block(snapshot.metadata)

    def has_serve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("training.change_snapshot")

    @admin.action(description="Put into service", permissions=["serve"])
    def put_selected_into_service(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> None:
        done = [one for one in queryset.order_by("pk") if put_into_service(snapshot=one)]
        self._tell(request, done, queryset, "Put into service", "shadow and retired")

    @admin.action(description="Take out of service", permissions=["serve"])
    def take_selected_out_of_service(
        self, request: HttpRequest, queryset: QuerySet[Snapshot]
    ) -> None:
        done = [one for one in queryset if take_out_of_service(snapshot=one)]
        self._tell(request, done, queryset, "Taken out of service", "live and shadow")

    def _tell(
        self,
        request: HttpRequest,
        done: list[Snapshot],
        queryset: QuerySet[Snapshot],
        what: str,
        possible: str,
    ) -> None:
        for one in done:
            self.log_change(request, one, f"{what}.")
        if done:
            messages.success(request, f"{what}: {len(done)}.")
        if len(done) < queryset.count():
            messages.error(request, f"Only {possible} snapshots can be.")


@admin.register(RouterOutcome)
class RouterOutcomeAdmin(MetricsPage[RouterOutcome], RecordAdmin[RouterOutcome]):
    list_display = (
        "id",
        "worker",
        "suggested_worker",
        "right_worker",
        "reward",
        "verified_badge",
        "depth",
        "simulations",
        "created_at",
        "learned_at",
    )
    list_filter = ("worker", "verified", ("learned_at", admin.EmptyFieldListFilter))
    id_fields = ("trajectory_id",)
    search_fields = ("worker", "query_digest")
    heavy_fields = ("embedding",)
    fields = (
        "worker",
        "suggested_worker",
        "right_worker",
        "propensity",
        "depth",
        "simulations",
        "reward",
        "verified_badge",
        "feedback_shown",
        "scalars",
        "trajectory",
        "query_digest",
        "encoder_digest",
        "created_at",
        "changed_at",
        "learned_at",
    )

    @admin.display(description="verified", ordering="verified")
    def verified_badge(self, outcome: RouterOutcome) -> SafeString:
        return verdict(outcome.verified)

    @admin.display(description="feedback")
    def feedback_shown(self, outcome: RouterOutcome) -> SafeString:
        return json_block(outcome.feedback)


@admin.register(WorkerDelta)
class WorkerDeltaAdmin(RecordAdmin[WorkerDelta]):
    list_display = ("worker", "delta", "updated_at")
    fields = ("worker", "delta", "updated_at")
    search_fields = ("worker",)
