"""Pages of the admin for a request that it refuses, in the admin's style."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, and not allowed to do this."""
    context = {**admin.site.each_context(request), "title": "You may not do this"}
    return render(request, "403.html", context, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form lacks the token that shows it came from one of our pages."""
    context = {**admin.site.each_context(request), "title": "This form is no longer valid"}
    return render(request, "403_csrf.html", context, status=403)
