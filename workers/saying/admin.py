"""A story's actions: what a person says of the answer, recorded as the API's feedback is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from trajectories.admin_base import user_of
from trajectories.errors import KernelWeaveError
from trajectories.models import SearchRecord, Trajectory
from trajectories.story.section import Section, said
from trajectories.story.steps import Path
from workers.lineage_admin import LineageAdmin
from workers.saying.before import rated_steps, said_before
from workers.saying.sayings import Saying, sayable
from workers.saying.standing import standing_of, what_followed
from workers.saying.steps_markup import steps_block


class SayingAdmin(LineageAdmin):
    """For trajectories. Who may add feedback may say all of it."""

    def has_say_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(("trajectories.add_feedback", "trajectories.view_trajectory"))

    def story(self, request: HttpRequest, row: Trajectory) -> list[Section]:
        sections = super().story(request, row)
        record = _searched(row)
        parts = [("Said before", said_before(row, record))]
        parts.append(("", self._forms(request, row, record)))
        return [*sections, Section("say", "What people say", tuple(parts))]

    def rated_steps(self, row: Trajectory) -> Mapping[Path, float]:
        return rated_steps(row)

    def steps(
        self,
        request: HttpRequest,
        row: Trajectory,
        record: SearchRecord,
        rated: Mapping[Path, float],
    ) -> SafeString:
        may = self.has_say_permission(request) and "step" in sayable(row, record)
        action = self._address(row, "step") if may else ""
        return steps_block(record, rated, action, request)

    def get_urls(self) -> list[URLPattern]:
        say = path(
            "<uuid:row_id>/say/<slug:name>/",
            self.admin_site.admin_view(self.say_view),
            name="trajectories_trajectory_say",
        )
        return [say, *super().get_urls()]

    def say_view(self, request: HttpRequest, row_id: UUID, name: str) -> HttpResponse:
        """Asks (GET), or records and leads back to the story (POST)."""
        if not self.has_say_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).select_related("client", "run").filter(pk=row_id).first()
        if row is None:
            raise Http404
        saying = sayable(row, _searched(row)).get(name)
        if saying is None:
            messages.error(request, "This cannot be said of this answer.")
            return HttpResponseRedirect(_story(row))
        form = saying.form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._record(request, row, saying, form)
        return self._ask_to_say(request, row, saying, form)

    def _record(
        self, request: HttpRequest, row: Trajectory, saying: Saying, form: Any
    ) -> HttpResponse:
        before = standing_of(row)
        try:
            saying.record(row, form, user_of(request))
        except KernelWeaveError as error:
            messages.error(request, error.detail)
            return self._ask_to_say(request, row, saying, form)
        told = saying.told(form)
        self.log_change(request, row, told)
        followed = what_followed(before, standing_of(row))
        messages.success(request, " ".join([told, *(followed or ["Nothing else changed."])]))
        return HttpResponseRedirect(f"{_story(row)}#{'search' if saying.name == 'step' else 'say'}")

    def _ask_to_say(
        self, request: HttpRequest, row: Trajectory, saying: Saying, form: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": saying.title,
            "story": _story(row),
            "forms": [(saying, form, self._address(row, saying.name))],
        }
        return TemplateResponse(request, "workers/say.html", context)

    def _forms(
        self, request: HttpRequest, row: Trajectory, record: SearchRecord | None
    ) -> SafeString:
        """All but the rating of steps, which stands at each step."""
        if row.retracted_at is not None:
            return said("The answer was retracted: nothing more is learned from it.")
        if not self.has_say_permission(request):
            return said("Judging takes the permission to add feedback, which your account lacks.")
        forms = [
            (one, one.form(auto_id=f"{name}_%s"), self._address(row, name))
            for name, one in sayable(row, record).items()
            if name != "step"
        ]
        shown = {"forms": forms}
        return SafeString(render_to_string("workers/say_forms.html", shown, request=request))

    def _address(self, row: Trajectory, name: str) -> str:
        return reverse("admin:trajectories_trajectory_say", args=[row.pk, name])


def _story(row: Trajectory) -> str:
    return reverse("admin:trajectories_trajectory_change", args=[row.pk])


def _searched(row: Trajectory) -> SearchRecord | None:
    return SearchRecord.objects.defer("tree").filter(trajectory=row).first()
