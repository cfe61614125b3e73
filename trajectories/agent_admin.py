"""Agents' sessions in the admin: their prompts, in order, and what came of each."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from trajectories.markup import brief, link, verdict
from trajectories.models import AgentSession, AgentTurn
from trajectories.record_admin import RecordAdmin, RecordInline


class TurnInline(RecordInline[AgentTurn, AgentSession]):
    model = AgentTurn
    fields = ("place", "prompt", "skill", "kept", "redone", "continued", "reward", "advantage")
    readonly_fields = fields
    ordering = ("place",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentTurn]:
        turns = super().get_queryset(request).select_related("trajectory")
        return turns.defer("trajectory__embedding", "trajectory__output_text")

    @admin.display(description="prompt")
    def prompt(self, turn: AgentTurn) -> SafeString:
        url = reverse("admin:trajectories_trajectory_change", args=[turn.pk])
        return link(url, brief(turn.trajectory.prompt, 80) or "(empty)")

    @admin.display(description="not corrected")
    def kept(self, turn: AgentTurn) -> SafeString:
        return verdict(None if turn.corrected is None else not turn.corrected)

    @admin.display(description="reward")
    def reward(self, turn: AgentTurn) -> str:
        return "-" if turn.trajectory.reward is None else f"{turn.trajectory.reward:.2f}"

    @admin.display(description="advantage")
    def advantage(self, turn: AgentTurn) -> str:
        found = turn.trajectory.advantage
        return "-" if found is None else f"{found:+.2f}"


# Of the rows of a page alone: joined, all sessions would be counted to show fifty.
_TURNS = (
    AgentTurn.objects.filter(session=OuterRef("pk"))
    .order_by()
    .values("session")
    .annotate(count=Count("pk"))
    .values("count")
)


class AgentSessionAdmin(RecordAdmin[AgentSession]):
    list_display = ("key", "agent", "client", "source", "prompts", "started_at", "ended_at")
    list_filter = ("source", "agent", "client")
    list_select_related = ("client",)
    paginator = InfinitePaginator  # counting all sessions would scan them
    ordering = ("-started_at",)
    id_fields = ("pk", "turns__trajectory_id")
    search_fields = ("=key",)
    search_help_text = "A session as its agent calls it, or the id of it or of a trajectory."
    fields = ("key", "agent", "client", "source", "started_at", "ended_at")
    inlines = (TurnInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentSession]:
        return super().get_queryset(request).annotate(turn_count=Subquery(_TURNS))

    @admin.display(description="prompts")
    def prompts(self, session: Any) -> int:
        return int(session.turn_count or 0)
