"""Training nodes in the admin: what each has, whether it lives, what it works on."""

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from training.lora.models import LoraRun
from training.nodes.models import TrainingNode
from trajectories.markup import badge, json_block, link
from trajectories.record_admin import RecordAdmin

IN_WORK = LoraRun.objects.filter(state=LoraRun.State.RUNNING).only("label", "node")


class TrainingNodeAdmin(RecordAdmin[TrainingNode]):
    """Nodes that fell silent can be deleted; their runs stay."""

    list_display = (
        "name",
        "alive_badge",
        "device",
        "accelerator",
        "memory",
        "in_work",
        "heard_at",
        "registered_at",
    )
    list_filter = ("device",)
    search_fields = ("name",)
    fields = (
        "name",
        "device",
        "alive_badge",
        "in_work",
        "hardware_shown",
        "versions_shown",
        "registered_at",
        "heard_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingNode]:
        found = super().get_queryset(request)
        return found.prefetch_related(Prefetch("runs", queryset=IN_WORK.all(), to_attr="works_on"))

    def has_delete_permission(self, request: HttpRequest, obj: TrainingNode | None = None) -> bool:
        gone = obj is not None and not obj.is_alive
        return gone and request.user.has_perm("training.delete_trainingnode")

    @admin.display(description="state", ordering="heard_at")
    def alive_badge(self, node: TrainingNode) -> SafeString:
        return badge("alive", "success") if node.is_alive else badge("silent", "danger")

    @admin.display(description="accelerator")
    def accelerator(self, node: TrainingNode) -> str:
        found = node.hardware
        memory = found.get("accelerator_memory_mib")
        named = str(found.get("accelerator", "-"))
        return f"{named}, {memory / 1024:,.0f} GiB" if memory else named

    @admin.display(description="memory")
    def memory(self, node: TrainingNode) -> str:
        found = node.hardware
        return f"{found.get('memory_mib', 0) / 1024:,.0f} GiB, {found.get('cores', '?')} cores"

    @admin.display(description="works on")
    def in_work(self, node: TrainingNode) -> SafeString | str:
        runs: list[LoraRun] = getattr(node, "works_on", [])
        if not runs:
            return "-"
        return link(reverse("admin:training_lorarun_change", args=[runs[0].pk]), runs[0].label)

    @admin.display(description="hardware")
    def hardware_shown(self, node: TrainingNode) -> SafeString:
        return json_block(node.hardware)

    @admin.display(description="versions")
    def versions_shown(self, node: TrainingNode) -> SafeString:
        return json_block(node.versions)
