"""Skills in the admin, what patterns and vectors chose, and the page that says who serves."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from kernels.deciding_admin import ReasonForm
from kernels.kept_embeddings import lookups
from kernels.review import ReviewError
from kernels.shadow_models import RoutingSwitch, ShadowRecord
from kernels.skill_models import Skill, SkillVector
from kernels.skills.shadow_gate import gate
from kernels.skills.shadow_rows import shadow_figures
from kernels.skills.shadow_words import beside_the_gate, check_table
from kernels.skills.switching import limits, newest_switch, serving_for, switch_routing
from trajectories.admin_base import is_key
from trajectories.markup import badge, brief, json_block, link, text_block
from trajectories.models import Client
from trajectories.record_admin import RecordAdmin, RecordInline

MOST_CLIENTS = 100  # that the page names


class VectorInline(RecordInline[SkillVector, Skill]):
    model = SkillVector
    fields = ("part", "text_brief", "client", "advantage")
    readonly_fields = fields
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SkillVector]:
        return super().get_queryset(request).select_related("client").defer("embedding")

    @admin.display(description="text")
    def text_brief(self, vector: SkillVector) -> str:
        return brief(vector.text)


@admin.register(Skill)
class SkillAdmin(RecordAdmin[Skill]):
    list_display = ("name", "client", "intent_brief", "vector_count", "active", "changed_at")
    list_filter = ("active", "client")
    list_select_related = ("client",)
    search_fields = ("name", "intent")
    id_fields = ("pk",)
    heavy_fields = ("text",)
    fieldsets = (
        (None, {"fields": ("name", "client", "active", "intent", "patterns_shown")}),
        ("Source", {"fields": ("source_path", "digest", "created_at", "changed_at")}),
        ("File", {"fields": ("text_shown",), "classes": ("collapse",)}),
    )
    inlines = (VectorInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Skill]:
        return super().get_queryset(request).annotate(vector_total=Count("vectors"))

    @admin.display(description="intent")
    def intent_brief(self, skill: Skill) -> str:
        return brief(skill.intent, 80)

    @admin.display(description="vectors")
    def vector_count(self, skill: Any) -> int:
        return int(skill.vector_total)

    @admin.display(description="patterns")
    def patterns_shown(self, skill: Skill) -> SafeString:
        return json_block(skill.patterns)

    @admin.display(description="text")
    def text_shown(self, skill: Skill) -> SafeString:
        return text_block(skill.text)


@admin.register(ShadowRecord)
class ShadowRecordAdmin(RecordAdmin[ShadowRecord]):
    list_display = (
        "prompt_shown",
        "client",
        "regex_shown",
        "vector_shown",
        "agreed",
        "cache_hit",
        "at",
    )
    list_filter = ("agreed", "cache_hit", "client")
    list_select_related = ("client",)
    paginator = InfinitePaginator  # counting all records would scan them
    ordering = ("-at",)
    fields = (
        "prompt_shown",
        "prompt_digest",
        "client",
        "regex_shown",
        "vector_shown",
        "cosine",
        "agreed",
        "cache_hit",
        "trajectory_link",
        "at",
    )

    @admin.display(description="prompt")
    def prompt_shown(self, record: ShadowRecord) -> str:
        return record.prompt_brief or "(empty)"

    @admin.display(description="patterns")
    def regex_shown(self, record: ShadowRecord) -> str:
        return record.by_regex or "none"

    @admin.display(description="vectors")
    def vector_shown(self, record: ShadowRecord) -> str:
        return record.by_vector or "none"

    @admin.display(description="trajectory")
    def trajectory_link(self, record: ShadowRecord) -> SafeString | str:
        if record.trajectory_id is None:
            return "none, a ranking was asked for"
        url = reverse("admin:trajectories_trajectory_change", args=[record.trajectory_id])
        return link(url, str(record.trajectory_id))


@admin.register(RoutingSwitch)
class RoutingSwitchAdmin(RecordAdmin[RoutingSwitch]):
    list_display = ("id", "serving_badge", "client", "changed_by", "reason_brief", "changed_at")
    list_filter = ("serving", "client")
    list_select_related = ("client",)
    fields = (
        "serving_badge",
        "client",
        "changed_by",
        "user",
        "reason",
        "figures_shown",
        "changed_at",
    )

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "shadow/", self.admin_site.admin_view(self.shadow_view), name="kernels_skill_routing"
        )
        return [page, *super().get_urls()]

    def shadow_view(self, request: HttpRequest) -> HttpResponse:
        """The four figures of everybody or of `?client=`; a post switches who serves."""
        if not may_view_routing(request):
            raise PermissionDenied
        client = _client(request.GET.get("client", ""))
        form = ReasonForm(request.POST or None)
        if request.method == "POST":
            if not may_switch(request):
                raise PermissionDenied
            if request.POST.get("serving") not in RoutingSwitch.Serving.values:
                raise BadRequest
            if form.is_valid():
                self._switch(request, client, form.cleaned_data["reason"].strip())
                return HttpResponseRedirect(request.get_full_path())
        figures = shadow_figures(client)
        decision, serving = gate(figures, limits()), serving_for(client)
        other = "regex" if serving == "vector" else "vector"
        context = {
            **self.admin_site.each_context(request),
            "title": "Who chooses skills",
            "opts": self.opts,
            "client": client,
            "clients": Client.objects.order_by("name")[:MOST_CLIENTS],
            "serving": serving,
            "said": newest_switch(client),
            "decision": decision,
            "table": check_table(decision),
            "beside": beside_the_gate(figures, lookups(days=2)),
            "other": other,
            "may_switch": may_switch(request) and (other == "regex" or decision.open),
            "form": form,
        }
        return TemplateResponse(request, "kernels/skill_routing.html", context)

    def _switch(self, request: HttpRequest, client: Client | None, reason: str) -> None:
        assert isinstance(request.user, User)
        try:
            said = switch_routing(
                client=client,
                serving=request.POST.get("serving", ""),
                user=request.user,
                changed_by=request.user.get_username(),
                reason=reason,
            )
        except ReviewError as error:
            messages.error(request, str(error))
        else:
            self.log_addition(request, said, reason)
            messages.success(request, f"Serving now: {said}.")

    @admin.display(description="serving", ordering="serving")
    def serving_badge(self, said: RoutingSwitch) -> SafeString:
        return badge(said.serving, "primary" if said.serving == "vector" else "")

    @admin.display(description="reason")
    def reason_brief(self, said: RoutingSwitch) -> str:
        return brief(said.reason, 80)

    @admin.display(description="what the gate saw")
    def figures_shown(self, said: RoutingSwitch) -> SafeString:
        return json_block(said.figures)


def may_view_routing(request: HttpRequest) -> bool:
    return request.user.has_perms(("kernels.view_shadowrecord", "kernels.view_routingswitch"))


def may_switch(request: HttpRequest) -> bool:
    return request.user.has_perm("kernels.change_routingswitch")


def _client(asked: str) -> Client | None:
    return Client.objects.filter(pk=asked).first() if is_key(asked) else None
