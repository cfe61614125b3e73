"""What a page looks at: the last so many days, of one client or of all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from trajectories.admin_base import is_key
from trajectories.models import Client

WINDOWS = (1, 7, 30, 90)  # days
USUAL = 7


@dataclass(frozen=True)
class Period:
    days: int = USUAL
    client: Client | None = None

    @property
    def begin(self) -> datetime:
        return timezone.now() - timedelta(days=self.days)

    def as_context(self) -> dict[str, Any]:
        """What `dashboard/period.html` shows."""
        return {"period": self, "windows": WINDOWS, "clients": Client.objects.order_by("name")}


def period_of(request: HttpRequest, *, usual: int = USUAL) -> Period:
    """By `days` and `client` in the address; what is not known there counts as not said."""
    days, client = request.GET.get("days", ""), request.GET.get("client", "")
    return Period(
        int(days) if days in map(str, WINDOWS) else usual,
        Client.objects.filter(pk=client).first() if is_key(client) else None,
    )
