"""Training: what runs, what the night did, what came of it, and where it is served."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from kwsite.dashboard import training_now
from kwsite.dashboard.adapter_families import COUNTED, NEWEST, families
from kwsite.dashboard.beat_schedule import schedule_table
from kwsite.dashboard.nightly_steps import steps_table
from kwsite.dashboard.page import AdminPage
from kwsite.dashboard.training_parts import (
    NET_HEADERS,
    gate_reports,
    last_curves,
    nodes_table,
    snapshot_rows,
)
from training.models import NightlyPlan, NightlySettings


def context(request: HttpRequest) -> dict[str, Any]:
    ended = NightlyPlan.objects.exclude(state=NightlyPlan.State.RUNNING).first()
    return {
        **training_now.context(request),
        "may_train": request.user.has_perm("training.add_nightlyplan"),
        "enabled": NightlySettings.objects.filter(enabled=False).first() is None,
        "ended": ended,
        "ended_steps": steps_table(ended) if ended else "",
        "curves": last_curves(),
        "gates": gate_reports(),
        "families": families(request),
        "newest_adapters": NEWEST,
        "counted_adapters": COUNTED,
        "least_answers": settings.KW_ADAPTER_MIN_ANSWERS,
        "snapshots": snapshot_rows(),
        "net_headers": NET_HEADERS,
        "may_serve": request.user.has_perm("training.change_snapshot"),
        "nodes": nodes_table(),
        "schedule": schedule_table(request),
    }


PAGE = AdminPage(
    route="console/training/",
    name="training",
    title="Training",
    template="dashboard/training.html",
    permissions=training_now.PERMISSIONS,
    context=context,
)
