"""Searches in the admin: who answered how, and every step that was tried."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from trajectories.markup import badge, brief, json_block, link, verdict
from trajectories.models import SearchRecord
from trajectories.record_admin import RecordAdmin
from trajectories.story.searched import steps_block, tree_of
from trajectories.tree_markup import OUTCOME_TONES, tree_key


class SearchRecordAdmin(RecordAdmin[SearchRecord]):
    list_display = (
        "prompt_brief",
        "worker",
        "strategy",
        "outcome_badge",
        "answer_brief",
        "simulations",
        "tokens",
        "gate_badge",
        "created_at",
    )
    list_filter = ("worker", "strategy", "outcome", "gate_first", "gate_passed", "stopped")
    list_select_related = ("trajectory",)
    paginator = InfinitePaginator
    id_fields = ("trajectory_id", "trajectory__run_id")
    search_fields = ("answer",)
    search_help_text = "Words of an answer, or the id of a trajectory or a run."
    heavy_fields = ("tree", "trajectory__embedding")
    fieldsets = (
        (
            "Answered",
            {
                "fields": (
                    "trajectory_link",
                    "answer",
                    "steps_shown",
                    "outcome_badge",
                    "outcome_reason",
                )
            },
        ),
        (
            "Searched",
            {
                "fields": (
                    "worker",
                    "probabilities_shown",
                    "alone",
                    "strategy",
                    "strategy_reason",
                    "depth",
                    "simulations",
                    "stopped",
                    "tokens",
                )
            },
        ),
        ("Gate", {"fields": ("mean_score", "scored", "gate_first", "gate_passed", "reflections")}),
        ("Tree", {"fields": ("trees_shown",)}),
    )

    @admin.display(description="prompt")
    def prompt_brief(self, record: SearchRecord) -> str:
        return brief(record.trajectory.prompt, 80) or "(empty)"

    @admin.display(description="answer")
    def answer_brief(self, record: SearchRecord) -> str:
        return brief(record.answer, 60)

    @admin.display(description="outcome", ordering="outcome")
    def outcome_badge(self, record: SearchRecord) -> SafeString:
        return badge(record.outcome, OUTCOME_TONES[record.outcome])

    @admin.display(description="gate", ordering="gate_passed")
    def gate_badge(self, record: SearchRecord) -> SafeString:
        return verdict(record.gate_passed)

    @admin.display(description="trajectory")
    def trajectory_link(self, record: SearchRecord) -> SafeString:
        pk = record.trajectory_id
        return link(reverse("admin:trajectories_trajectory_change", args=[pk]), str(pk))

    @admin.display(description="probabilities")
    def probabilities_shown(self, record: SearchRecord) -> SafeString:
        return json_block(record.probabilities)

    @admin.display(description="steps, with their scores")
    def steps_shown(self, record: SearchRecord) -> SafeString:
        return steps_block(record)

    @admin.display(description="tree")
    def trees_shown(self, record: SearchRecord) -> SafeString:
        whole = reverse("admin:trajectories_trajectory_whole", args=[record.trajectory_id, "tree"])
        drawn = format_html_join(
            "",
            "<h3>Tree of {}</h3>{}",
            (
                (name, tree_of(record, name, tree, {}, whole))
                for name, tree in record.trees().items()
            ),
        )
        return format_html("{}{}", tree_key(), drawn)
