"""What we know, in the admin: kernels and exemplars here, the rest registered with them."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from kernels.cache_admin import CacheEntryAdmin, NearReuseAdmin
from kernels.compositions_admin import CompositionAdmin, CompositionReviewAdmin
from kernels.learned_admin import CalibrationAdmin, RoutingHeadAdmin
from kernels.models import Exemplar, Kernel, KernelVersion
from kernels.plan_runs_admin import PlanRunAdmin
from kernels.review_actions_admin import ReviewActionAdmin
from kernels.skills_admin import RoutingSwitchAdmin, ShadowRecordAdmin, SkillAdmin
from kernels.versions_admin import STATE_TONES, KernelVersionAdmin
from trajectories.markup import badge, brief, json_block, link
from trajectories.record_admin import RecordAdmin, RecordInline

__all__ = [  # registered there
    "CacheEntryAdmin",
    "CalibrationAdmin",
    "CompositionAdmin",
    "CompositionReviewAdmin",
    "KernelVersionAdmin",
    "NearReuseAdmin",
    "PlanRunAdmin",
    "ReviewActionAdmin",
    "RoutingHeadAdmin",
    "RoutingSwitchAdmin",
    "ShadowRecordAdmin",
    "SkillAdmin",
]


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
