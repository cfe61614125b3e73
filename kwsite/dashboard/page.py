"""A page of the admin that belongs to no model: an address, who may see it, what it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path


@dataclass(frozen=True)
class AdminPage:
    """At `admin/ROUTE`, named `dashboard_NAME`, for those who have all of `permissions`.

    It is `PAGE` of the module `kwsite.dashboard.NAME`.
    """

    route: str
    name: str
    title: str
    template: str
    permissions: tuple[str, ...]
    context: Callable[[HttpRequest], dict[str, Any]]
    post: Callable[[HttpRequest], HttpResponse] | None = None  # checks what it takes by itself
    whole: bool = True  # else a part of a page, without the site around it

    @property
    def pattern(self) -> URLPattern:
        return path(
            f"admin/{self.route}", admin.site.admin_view(self.view), name=f"dashboard_{self.name}"
        )

    def allows(self, request: HttpRequest) -> bool:
        return request.user.has_perms(self.permissions)

    def view(self, request: HttpRequest) -> HttpResponse:
        if not self.allows(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.post(request) if self.post else HttpResponseNotAllowed(("GET", "HEAD"))
        around = admin.site.each_context(request) if self.whole else {}
        shown = {**around, "title": self.title, **self.context(request)}
        return TemplateResponse(request, self.template, shown)
