"""Actions on selected rows in the admin: an id that is none gets a message, not an error.

An action that is not offered to who asks for it is refused.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


class SelectionAdmin(ModelAdmin[Any]):
    """Reads the selected ids, and whose action it is, before the action does."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        asked = request.POST.get("action")
        if asked and asked not in self.get_actions(request):
            raise PermissionDenied
        if request.method == "POST" and not self._selection_is_readable(request):
            messages.error(request, "The selection could not be read. Nothing was changed.")
            return HttpResponseRedirect(request.get_full_path())
        return super().changelist_view(request, extra_context)

    def _selection_is_readable(self, request: HttpRequest) -> bool:
        key = self.opts.pk
        assert key is not None  # every stored model has one
        try:
            for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
                key.to_python(selected)
        except ValidationError:
            return False
        return True
