"""A page of the admin that is a story: sections above the record's own fields."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from trajectories.record_admin import RecordAdmin
from trajectories.story.section import Section

Row = TypeVar("Row", bound=Model)


class StoryAdmin(RecordAdmin[Row]):
    """Shows `story` of a row, and at `whole/PART/` what the story had to cut, as plain text."""

    change_form_outer_before_template = "trajectories/story.html"
    downloads: ClassVar[Mapping[str, str]] = {}  # parts that are files, with their endings

    def story(self, request: HttpRequest, row: Any) -> list[Section]:
        """From top to bottom."""
        raise NotImplementedError

    def whole(self, row: Any, part: str) -> str | None:
        """A part of the row in full; None where there is no such part."""
        raise NotImplementedError

    def shown_with(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {**super().shown_with(request, row), "sections": self.story(request, row)}

    def get_urls(self) -> list[URLPattern]:
        whole = path(
            "<uuid:row_id>/whole/<slug:part>/",
            self.admin_site.admin_view(self.whole_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_whole",
        )
        return [whole, *super().get_urls()]

    def whole_view(self, request: HttpRequest, row_id: object, part: str) -> HttpResponse:
        """Never as markup, whatever the text holds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(row_id))
        text = None if row is None else self.whole(row, part)
        if row is None or text is None:
            raise Http404
        reply = HttpResponse(text, content_type="text/plain; charset=utf-8")
        if part in self.downloads:
            name = f"{part}-{row.pk}{self.downloads[part]}"
            reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        reply.headers["X-Content-Type-Options"] = "nosniff"
        reply.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return reply

    def address_of(self, row: Model, part: str) -> str:
        """Where all of a part is."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_whole"
        return reverse(name, args=[row.pk, part])


def after(sections: Sequence[Section], name: str, *more: Section) -> list[Section]:
    """The sections with some more behind the named one, or at the end."""
    place = next((n for n, one in enumerate(sections, 1) if one.name == name), len(sections))
    return [*sections[:place], *more, *sections[place:]]
