"""How the admin looks: unfold's settings, with our style sheet, scripts and icon."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from kwsite.navigation import SIDEBAR


def _own(file: str) -> Callable[[HttpRequest], str]:
    """The address of one of our static files, which is known once settings are read."""
    return lambda request: static(f"kwsite/{file}")


THEME: dict[str, Any] = {
    "SITE_TITLE": "KernelWeave",
    "SITE_HEADER": "KernelWeave",
    "SITE_SYMBOL": "hub",
    "SITE_URL": reverse_lazy("admin:index"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _own("icon.svg")}],
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "kwsite.dashboard.home.home_context",
    "SIDEBAR": SIDEBAR,
    "STYLES": [_own("style.css")],
    "SCRIPTS": [_own("zone.js"), _own("charts.js")],
}
