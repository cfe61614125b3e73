"""Decisions about versions in the admin; the last one can be taken back on its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from kernels.models import ReviewAction
from kernels.second_review import PERMISSION
from kernels.undoing import undoable, what_undo_does
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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        may = found is not None and request.user.has_perm(PERMISSION)
        page = {"undo_does": _undo_does(found) if found is not None and may else ""}
        return super().change_view(request, object_id, form_url, page | (extra_context or {}))


def _undo_does(action: ReviewAction) -> str:
    """Empty where it cannot be taken back."""
    of_kernel = ReviewAction.objects.filter(version__kernel=action.version.kernel_id)
    is_last = action in undoable(of_kernel.order_by("-pk"))
    return what_undo_does(action) if is_last else ""
