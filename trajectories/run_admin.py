"""Runs in the admin: where an accepted request is on its way, and what happens next."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from trajectories.markup import Tone, badge, json_block
from trajectories.models import Run, Trajectory
from trajectories.story.page import StoryAdmin
from trajectories.story.progress import progress_block
from trajectories.story.route import decision_parts
from trajectories.story.section import Section

STATUS_TONES: dict[str, Tone] = {
    Run.Status.QUEUED: "info",
    Run.Status.RUNNING: "primary",
    Run.Status.DONE: "success",
    Run.Status.FAILED: "danger",
    Run.Status.CANCELLED: "warning",
}


class RunAdmin(StoryAdmin[Run]):
    list_display = ("id", "client", "status_badge", "attempts", "created_at", "finished_at")
    list_filter = ("status", "client")
    list_select_related = ("client",)
    paginator = InfinitePaginator  # counting all runs would scan them
    id_fields = ("pk",)
    search_fields = ("claimed_by",)
    search_help_text = "The id of a run, or a worker's name."
    heavy_fields = ("embedding",)
    fieldsets = (
        (
            "Record",
            {
                "fields": (
                    "id",
                    "client",
                    "status_badge",
                    "attempts",
                    "claimed_by",
                    "lease_expires_at",
                    "created_at",
                    "started_at",
                    "finished_at",
                    "encoder_digest",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def story(self, request: HttpRequest, row: Run) -> list[Section]:
        """Of an answered run the trajectory's page tells the rest."""
        answered = Trajectory.objects.filter(run=row).values_list("pk", flat=True).first()
        page = reverse("admin:trajectories_trajectory_change", args=[answered]) if answered else ""
        asked = json_block(row.request, whole=self.address_of(row, "request"))
        sections = [
            Section("story", "In short", (("", progress_block(row, page)),)),
            Section("request", "Request", (("", asked),)),
            Section("route", "Route decision", decision_parts(row.decision)),
        ]
        if row.response is not None:
            reply = json_block(row.response, whole=self.address_of(row, "response"))
            sections.append(Section("response", "Reply", (("", reply),)))
        return sections

    def whole(self, row: Run, part: str) -> str | None:
        parts = {"request": row.request, "decision": row.decision, "response": row.response}
        found = parts.get(part)
        return None if found is None else json.dumps(found, indent=2, ensure_ascii=False)

    @admin.display(description="status", ordering="status")
    def status_badge(self, run: Run) -> SafeString:
        return badge(run.status, STATUS_TONES[run.status])
