"""Traffic in the admin: what is shown of each kind of row, registered in one place."""

from django.contrib import admin

from trajectories.agent_admin import AgentSessionAdmin
from trajectories.key_admin import ApiKeyAdmin, ClientAdmin
from trajectories.markup import brief
from trajectories.models import (
    AgentSession,
    ApiKey,
    Client,
    Feedback,
    ReceiptKey,
    Run,
    SearchRecord,
    Trajectory,
)
from trajectories.receipt_admin import ReceiptKeyAdmin
from trajectories.record_admin import RecordAdmin
from trajectories.run_admin import RunAdmin
from trajectories.search_admin import SearchRecordAdmin
from trajectories.story_admin import TrajectoryAdmin

admin.site.register(Client, ClientAdmin)
admin.site.register(ApiKey, ApiKeyAdmin)
admin.site.register(Run, RunAdmin)
admin.site.register(Trajectory, TrajectoryAdmin)
admin.site.register(SearchRecord, SearchRecordAdmin)
admin.site.register(AgentSession, AgentSessionAdmin)
admin.site.register(ReceiptKey, ReceiptKeyAdmin)


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
