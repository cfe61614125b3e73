"""What we know, in the admin: kernels, versions (the review queue), exemplars, decisions."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from kernels.cache_admin import CacheEntryAdmin, NearReuseAdmin
from kernels.compositions_admin import CompositionAdmin, CompositionReviewAdmin
from kernels.decisions_admin import DecisionsAdmin
from kernels.learned_admin import CalibrationAdmin, RoutingHeadAdmin
from kernels.models import Exemplar, Kernel, KernelVersion, ReviewAction
from kernels.plan_runs_admin import PlanRunAdmin
from kernels.review_page import review_sections
from kernels.skills_admin import RoutingSwitchAdmin, ShadowRecordAdmin, SkillAdmin
from trajectories.markup import Tone, badge, brief, json_block, link
from trajectories.record_admin import RecordAdmin, RecordInline

__all__ = [  # registered there
    "CacheEntryAdmin",
    "CalibrationAdmin",
    "CompositionAdmin",
    "CompositionReviewAdmin",
    "NearReuseAdmin",
    "PlanRunAdmin",
    "RoutingHeadAdmin",
    "RoutingSwitchAdmin",
    "ShadowRecordAdmin",
    "SkillAdmin",
]

STATE_TONES: dict[str, Tone] = {
    KernelVersion.State.CANDIDATE: "warning",
    KernelVersion.State.LIVE: "success",
    KernelVersion.State.RETIRED: "",
    KernelVersion.State.REJECTED: "danger",
    KernelVersion.State.QUARANTINED: "danger",
}


class VersionInline(RecordInline[KernelVersion, Kernel]):
    model = KernelVersion
    fields = ("version_link", "state_badge", "confidence", "passes", "failures", "decision_reason")
    readonly_fields = fields
    ordering = ("-number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[KernelVersion]:
        queryset = super().get_queryset(request).select_related("kernel")
        return queryset.defer("description_embedding", "spec", "profile", "evidence")

    @admin.display(description="version")
    def version_link(self, version: KernelVersion) -> SafeString:
        url = reverse("admin:kernels_kernelversion_change", args=[version.pk])
        return link(url, f"v{version.number}")

    @admin.display(description="state")
    def state_badge(self, version: KernelVersion) -> SafeString:
        return badge(version.state, STATE_TONES[version.state])


@admin.register(Kernel)
class KernelAdmin(RecordAdmin[Kernel]):
    list_display = ("name", "family", "client", "live", "candidates", "created_at")
    list_filter = ("family", "client")
    list_select_related = ("client",)
    search_fields = ("name", "family")
    id_fields = ("pk",)
    fields = ("name", "family", "description", "client", "created_at")
    inlines = (VersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Kernel]:
        def number_in(state: KernelVersion.State) -> Count:
            return Count("versions", filter=Q(versions__state=state))

        return (
            super()
            .get_queryset(request)
            .annotate(
                live_count=number_in(KernelVersion.State.LIVE),
                candidate_count=number_in(KernelVersion.State.CANDIDATE),
            )
        )

    @admin.display(description="live", boolean=True)
    def live(self, kernel: Kernel) -> bool:
        return bool(vars(kernel)["live_count"])

    @admin.display(description="candidates")
    def candidates(self, kernel: Kernel) -> int:
        return int(vars(kernel)["candidate_count"])


@admin.register(KernelVersion)
class KernelVersionAdmin(DecisionsAdmin, RecordAdmin[KernelVersion]):
    list_display = (
        "name",
        "family",
        "serves",
        "state_badge",
        "confidence_shown",
        "passes",
        "failures",
        "evidence_debt",
        "created_at",
    )
    list_filter = ("state", "kernel__family", "kernel__client")
    list_select_related = ("kernel__client",)
    ordering = ("state", "-confidence")  # candidates come first, by the alphabet
    search_fields = ("kernel__name", "kernel__family")
    id_fields = ("pk", "kernel_id")
    search_help_text = "A kernel's name or family, or the id of a version or a kernel."
    heavy_fields = ("description_embedding",)
    change_form_outer_before_template = "kernels/review_page.html"
    fieldsets = (
        (
            "Identity",
            {
                "fields": (
                    "id",
                    "kernel",
                    "number",
                    "digest",
                    "encoder_digest",
                    "profile_shown",
                    "created_at",
                    "decided_at",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[KernelVersion]:
        return super().get_queryset(request).select_related("kernel__client")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = self.get_object(request, object_id)
        if version is None or not self.has_view_permission(request, version):
            return super().change_view(request, object_id, form_url, extra_context)
        page = {
            "title": str(version),
            "sections": review_sections(version),
            "state_badge": self.state_badge(version),
            "decisions": self.decisions_for(request, version),
            **self.page_names(),
        }
        return super().change_view(request, object_id, form_url, page | (extra_context or {}))

    @admin.display(description="version", ordering="kernel__name")
    def name(self, version: KernelVersion) -> str:
        return f"{version.kernel.name} v{version.number}"

    @admin.display(description="family", ordering="kernel__family")
    def family(self, version: KernelVersion) -> str:
        return version.kernel.family

    @admin.display(description="serves")
    def serves(self, version: KernelVersion) -> str:
        return str(version.kernel.client or "everybody")

    @admin.display(description="state", ordering="state")
    def state_badge(self, version: KernelVersion) -> SafeString:
        return badge(version.state, STATE_TONES[version.state])

    @admin.display(description="confidence", ordering="confidence")
    def confidence_shown(self, version: KernelVersion) -> str:
        return f"{version.confidence:.2f}"

    @admin.display(description="profile")
    def profile_shown(self, version: KernelVersion) -> SafeString:
        return json_block(version.profile)


@admin.register(Exemplar)
class ExemplarAdmin(RecordAdmin[Exemplar]):
    list_display = ("prompt_brief", "version", "live")
    list_filter = ("live", "version__state")
    list_select_related = ("version__kernel",)
    ordering = ("-id",)
    search_fields = ("version__kernel__name",)
    id_fields = ("version_id", "trajectory_id")
    search_help_text = "A kernel's name, or the id of a version or a trajectory."
    heavy_fields = ("embedding", "version__description_embedding")
    fields = ("version", "live", "prompt", "output_shown", "trajectory", "encoder_digest")

    @admin.display(description="prompt")
    def prompt_brief(self, exemplar: Exemplar) -> str:
        return brief(exemplar.prompt, 100) or "(empty)"

    @admin.display(description="output")
    def output_shown(self, exemplar: Exemplar) -> SafeString:
        return json_block(exemplar.output)


@admin.register(ReviewAction)
class ReviewActionAdmin(RecordAdmin[ReviewAction]):
    list_display = ("at", "action", "version", "user", "reason")
    list_filter = ("action", "user")
    list_select_related = ("version__kernel", "user")
    ordering = ("-id",)
    search_fields = ("version__kernel__name",)
    id_fields = ("version_id",)
    heavy_fields = ("version__description_embedding",)
    fields = ("version", "action", "user", "reason", "at")
