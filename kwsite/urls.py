"""Addresses: the API, the admin site, and a start page that leads to it.

The pages of the admin are imported here: processes that serve none start a second earlier.
"""

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from kwsite.api.ninja_api import api, unknown_path
from kwsite.dashboard.urls import page_urls
from kwsite.prometheus import metrics

admin.autodiscover()

handler403 = "kwsite.refused_pages.permission_denied"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    *page_urls(),
    path("admin/", admin.site.urls),
    path("metrics", metrics),
    path("", api.urls),
    re_path(r"^(?:v1|api)(?:/.*)?$", unknown_path),
]
