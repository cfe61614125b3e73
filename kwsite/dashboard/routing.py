"""How well requests are routed: what was predicted against what came true, and what has moved."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from kernels.skills.shadow_rows import MOST_RECORDS
from kwsite.dashboard.challengers import challengers
from kwsite.dashboard.page import AdminPage
from kwsite.dashboard.period import Period, period_of
from kwsite.dashboard.routing_parts import (
    confusion_part,
    coverage_part,
    drift_part,
    live_routing,
    reliability_part,
    shadow_part,
)
from training.figures.sent import NEWEST as NEWEST_OUTCOMES
from training.figures.sent import router_confusion
from training.routing.choices import NEWEST, Looked, recent_choices

USUAL_DAYS = 30


def context(request: HttpRequest) -> dict[str, Any]:
    period = period_of(request, usual=USUAL_DAYS)
    looked = recent_choices(since=period.begin, client=period.client)
    live = live_routing()
    return {
        **period.as_context(),
        "looked": looked,
        "judged": len(looked.judged),
        "newest": NEWEST,
        "newest_outcomes": NEWEST_OUTCOMES,
        "newest_records": MOST_RECORDS,
        "live": live,
        "reliability": reliability_part(looked),
        "coverage": coverage_part(looked, live),
        "shadow": shadow_part(period.client),
        "challengers": challengers(),
        "confusion": confusion_part(router_confusion(since=period.begin, client=period.client)),
        "drift": drift_part(looked, _before(period), live),
    }


def _before(period: Period) -> Looked:
    """The time before, as long as this one."""
    until = period.begin
    since = until - timedelta(days=period.days)
    return recent_choices(since=since, until=until, client=period.client)


PAGE = AdminPage(
    route="console/routing/",
    name="routing",
    title="Routing",
    template="dashboard/routing.html",
    permissions=(
        "trajectories.view_trajectory",
        "kernels.view_calibration",
        "kernels.view_routinghead",
        "kernels.view_shadowrecord",
        "training.view_routeroutcome",
        "training.view_snapshot",
    ),
    context=context,
)
