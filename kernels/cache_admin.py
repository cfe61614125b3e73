"""The cache of searched answers in the admin: entries can be ended, near reuse released."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from kernels.cache_models import CacheEntry, CacheHit, NearReuse
from kernels.cached_answers import end_entry, near_record, release_near_reuse
from kernels.deciding_admin import DecidingAdmin, Decision
from trajectories.markup import badge, brief, link, text_block
from trajectories.record_admin import RecordAdmin, RecordInline


class HitInline(RecordInline[CacheHit, CacheEntry]):
    model = CacheHit
    fields = ("at", "near", "cosine", "denied", "trajectory_link")
    readonly_fields = fields
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CacheHit]:
        hits = super().get_queryset(request).select_related("trajectory")
        return hits.defer("trajectory__embedding")

    @admin.display(description="asked")
    def trajectory_link(self, hit: CacheHit) -> SafeString:
        return _trajectory_link(hit.trajectory_id, brief(hit.trajectory.prompt, 80) or "(empty)")


@admin.register(CacheEntry)
class CacheEntryAdmin(DecidingAdmin[CacheEntry], RecordAdmin[CacheEntry]):
    decisions = {
        "end": Decision(
            action="end_selected",
            label="End, with a reason",
            verb="End",
            done="Ended",
            applies_to=(CacheEntry.State.LIVE,),
            consequence="Its answer is not given again; who asks gets a new search.",
            decide=end_entry,
            needs_reason=True,
            variant="danger",
        )
    }
    row_name = "entry"
    rows_name = "cache entries"
    decide_order = ("created_at",)
    list_display = (
        "prompt_brief",
        "client",
        "worker",
        "state_badge",
        "hit_count",
        "near_count",
        "denial_count",
        "created_at",
    )
    list_filter = ("state", "worker", "client")
    list_select_related = ("client", "trajectory")
    ordering = ("-created_at",)
    id_fields = ("pk", "trajectory_id", "trajectory__run_id")
    search_fields = ("trajectory__prompt",)
    heavy_fields = ("embedding", "trajectory__embedding")
    fields = (
        "prompt_shown",
        "answer_shown",
        "source",
        "client",
        "worker",
        "strategy",
        "only_named",
        "state_badge",
        "ended_because",
        "created_at",
    )
    inlines = (HitInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CacheEntry]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                hit_total=Count("hits"),
                near_total=Count("hits", filter=Q(hits__near=True)),
                denial_total=Count("hits", filter=Q(hits__denied=True)),
            )
        )

    @admin.display(description="prompt")
    def prompt_brief(self, entry: CacheEntry) -> str:
        return brief(entry.trajectory.prompt, 80) or "(empty)"

    @admin.display(description="hits", ordering="hit_total")
    def hit_count(self, entry: Any) -> int:
        return int(entry.hit_total)

    @admin.display(description="of near duplicates", ordering="near_total")
    def near_count(self, entry: Any) -> int:
        return int(entry.near_total)

    @admin.display(description="denied", ordering="denial_total")
    def denial_count(self, entry: Any) -> int:
        return int(entry.denial_total)

    @admin.display(description="state", ordering="state")
    def state_badge(self, entry: CacheEntry) -> SafeString:
        return badge(entry.state, "success" if entry.state == CacheEntry.State.LIVE else "")

    @admin.display(description="prompt")
    def prompt_shown(self, entry: CacheEntry) -> SafeString:
        return text_block(entry.trajectory.prompt)

    @admin.display(description="answer")
    def answer_shown(self, entry: CacheEntry) -> SafeString:
        return text_block(entry.trajectory.output_text)

    @admin.display(description="first given in")
    def source(self, entry: CacheEntry) -> SafeString:
        return _trajectory_link(entry.trajectory_id, str(entry.trajectory_id))


@admin.register(NearReuse)
class NearReuseAdmin(DecidingAdmin[NearReuse], RecordAdmin[NearReuse]):
    decisions = {
        "release": Decision(
            action="release_selected",
            label="Release, with a reason",
            verb="Release",
            done="Released",
            applies_to=(NearReuse.State.OFF,),
            consequence="Near duplicates are answered from the cache again; its record starts "
            "afresh.",
            decide=release_near_reuse,
            needs_reason=True,
            variant="primary",
        )
    }
    row_name = "near_reuse"
    rows_name = "near reuse"
    decide_order = ("worker",)
    list_display = ("worker", "state_badge", "reason", "changed_at")
    list_filter = ("state",)
    ordering = ("state", "worker")  # switched off first, by the alphabet
    fields = ("worker", "state_badge", "record", "reason", "changed_at", "released_at")

    @admin.display(description="state", ordering="state")
    def state_badge(self, row: NearReuse) -> SafeString:
        return badge(row.state, "danger" if row.state == NearReuse.State.OFF else "success")

    @admin.display(description="denied, of near duplicates answered")
    def record(self, row: NearReuse) -> str:
        denied, hits = near_record(row)
        return f"{denied} of {hits}"


def _trajectory_link(pk: object, text: str) -> SafeString:
    return link(reverse("admin:trajectories_trajectory_change", args=[pk]), text)


def switched_off(request: HttpRequest) -> int:
    """For how many workers near reuse is switched off; the sidebar shows it."""
    return NearReuse.objects.filter(state=NearReuse.State.OFF).count()
