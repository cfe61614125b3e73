"""Records in the admin: they can be read, and nothing else."""

import uuid
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from trajectories.admin_base import ModelAdmin, TabularInline

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)


class RecordAdmin(ModelAdmin[Row]):
    """Lists and shows rows. A search for an id looks it up; other words go to `search_fields`."""

    list_per_page = 50
    show_full_result_count = False
    id_fields: tuple[str, ...] = ()
    heavy_fields: tuple[str, ...] = ()  # columns that no page shows, such as embeddings

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        return super().get_queryset(request).defer(*self.heavy_fields)

    def shown_with(self, request: HttpRequest, row: Row) -> dict[str, Any]:
        """What the page of a row shows beside its fields, for the page's template."""
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The row is read once, and its permission was checked, when this is called."""
        if kwargs["obj"] is not None:
            context |= self.shown_with(request, kwargs["obj"])
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        wanted = _as_uuid(search_term)
        if wanted is None or not self.id_fields:
            return super().get_search_results(request, queryset, search_term)
        by_id = Q.create([(field, wanted) for field in self.id_fields], connector=Q.OR)
        return queryset.filter(by_id), False


class RecordInline(TabularInline[Row, Parent]):
    """Rows under their parent, for reading."""

    extra = 0
    can_delete = False
    hide_title = True
    per_page = 50
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None
