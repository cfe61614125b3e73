"""Decisions about versions in the admin; the last one can be taken back on its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from kernels.models import ReviewAction
from kernels.second_review import PERMISSION
from kernels.undoing import undo_words
from trajectories.record_admin import RecordAdmin


@admin.register(ReviewAction)
class ReviewActionAdmin(RecordAdmin[ReviewAction]):
    list_display = ("at", "action", "version", "user", "reason")
    list_filter = ("action", "user")
    list_select_related = ("version__kernel", "user")
    ordering = ("-id",)
    search_fields = ("version__kernel__name",)
    id_fields = ("version_id",)
    heavy_fields = ("version__description_embedding",)
    fields = ("version", "action", "user", "reason", "undoes", "at")
    change_form_outer_before_template = "kernels/action_undo.html"

    def shown_with(self, request: HttpRequest, row: ReviewAction) -> dict[str, Any]:
        may = request.user.has_perm(PERMISSION)
        return {**super().shown_with(request, row), "undo_does": undo_words(row) if may else ""}
