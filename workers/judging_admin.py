"""Answers are judged in the admin, too, where people look at them."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from training.labels.queue import ask_for_labels
from training.nets.roster import WORKERS
from trajectories.admin_base import ModelAdmin
from trajectories.models import Feedback, SearchRecord, Trajectory
from trajectories.search_admin import SearchRecordAdmin
from workers.feedback import Retracted, record_feedback
from workers.saying.admin import SayingAdmin

Row = TypeVar("Row", bound=Model)


class JudgingAdmin(ModelAdmin[Row]):
    """Two actions, for those who may add feedback; it counts as that of the answer's client."""

    actions: Any = ("approve_selected", "deny_selected")

    def has_judge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("trajectories.add_feedback")

    @admin.action(description="The answer is right", permissions=["judge"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._judge(request, queryset, Feedback.Verdict.CORRECT)

    @admin.action(description="The answer is wrong", permissions=["judge"])
    def deny_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._judge(request, queryset, Feedback.Verdict.INCORRECT)

    def _judge(self, request: HttpRequest, queryset: QuerySet[Any], verdict: str) -> None:
        judged = 0
        for row in queryset:
            trajectory: Trajectory = row.trajectory if isinstance(row, SearchRecord) else row
            try:
                record_feedback(
                    client=trajectory.client,
                    run_id=trajectory.run_id or trajectory.pk,
                    verdict=verdict,
                    comment=f"in the admin, by {_user(request)}",
                )
            except Retracted as error:
                messages.error(request, error.detail)
                continue
            self.log_change(request, row, f"The answer is {verdict}.")
            judged += 1
        if judged:
            messages.success(request, f"Judged: {judged}.")


class JudgedTrajectoryAdmin(JudgingAdmin[Trajectory], SayingAdmin):
    """Trajectories, which can be judged, spoken about and retracted."""


class JudgedSearchAdmin(JudgingAdmin[SearchRecord], SearchRecordAdmin):
    """Searches, which can be judged and put on the labelling queue."""

    actions = (*JudgingAdmin.actions, "queue_selected")

    def has_queue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("training.add_labelitem")

    @admin.action(description="Put on the labelling queue", permissions=["queue"])
    def queue_selected(self, request: HttpRequest, queryset: QuerySet[SearchRecord]) -> None:
        rows = [row for row in queryset if row.worker in WORKERS]
        reason = f"asked for by {_user(request)}"
        added = 0
        for row in rows:
            if items := ask_for_labels(trajectory=row.trajectory, reason=reason):
                self.log_change(request, row, "Put on the labelling queue.")
            added += len(items)
        messages.success(request, f"Added to the labelling queue: {added}.")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user
