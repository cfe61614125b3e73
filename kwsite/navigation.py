"""The admin's sidebar: what waits first, then what we know, what happened, who may."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.module_loading import import_string
from django.utils.text import format_lazy


def _entry(title: str, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "permission": _may_view(app, name),
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
    }


def _page(title: str, icon: str, name: str) -> dict[str, Any]:
    """Of `kwsite.dashboard.NAME`, which cannot be imported before Django is set up."""

    def may_view(request: HttpRequest) -> bool:
        return bool(import_string(f"kwsite.dashboard.{name}.PAGE").allows(request))

    return {
        "title": title,
        "icon": icon,
        "permission": may_view,
        "link": reverse_lazy(f"dashboard_{name}"),
    }


def _may_view(app: str, name: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(f"{app}.view_{name}")


def _shows_candidates(request: HttpRequest) -> bool:
    return request.GET.get("state__exact") == "candidate"


def _shows_quarantine(request: HttpRequest) -> bool:
    return request.GET.get("state__exact") == "quarantined"


def _shows_versions(request: HttpRequest) -> bool:
    queued = _shows_candidates(request) or _shows_quarantine(request)
    return "/kernelversion/" in request.path and not queued


def _shows_metrics(request: HttpRequest) -> bool:
    return request.path.endswith("/metrics/")


def _shows_shadow(request: HttpRequest) -> bool:
    return request.path.endswith("/shadow/")


HOME = {
    "title": "Home",
    "icon": "home",
    "link": reverse_lazy("admin:index"),
    "active": lambda request: request.path == reverse("admin:index"),
}
CANDIDATES = {
    **_entry("Candidate queue", "rule", "kernels.kernelversion"),
    "link": format_lazy(
        "{}?state__exact=candidate", reverse_lazy("admin:kernels_kernelversion_changelist")
    ),
    "active": _shows_candidates,
    "badge": "kernels.decisions_admin.waiting_candidates",
}
QUARANTINE = {
    **_entry("Quarantine", "report", "kernels.kernelversion"),
    "link": format_lazy(
        "{}?state__exact=quarantined", reverse_lazy("admin:kernels_kernelversion_changelist")
    ),
    "active": _shows_quarantine,
    "badge": "kernels.decisions_admin.quarantined_versions",
}
VERSIONS = {
    **_entry("Versions", "layers", "kernels.kernelversion"),
    "active": _shows_versions,
}
COMPOSITIONS = {
    **_entry("Compositions", "account_tree", "kernels.composition"),
    "badge": "kernels.compositions_admin.waiting_compositions",
}
DISAGREEMENTS = {
    **_entry("Disagreements", "balance", "training.reviewitem"),
    "badge": "training.labels.reviews_admin.open_reviews",
}
OUTCOMES = {
    **_entry("Router outcomes", "alt_route", "training.routeroutcome"),
    "active": lambda request: "/routeroutcome/" in request.path and not _shows_metrics(request),
}
METRICS = {
    "title": "Search metrics",
    "icon": "monitoring",
    "permission": "training.figures.admin.may_view_metrics",
    "link": reverse_lazy("admin:training_search_metrics"),
}
LABELS = {
    **_entry("Labelling queue", "label", "training.labelitem"),
    "link": format_lazy(
        "{}?state__exact=open", reverse_lazy("admin:training_labelitem_changelist")
    ),
    "badge": "training.labels.queue_admin.open_labels",
}
SKILL_ROUTING = {
    "title": "Who chooses skills",
    "icon": "compare_arrows",
    "permission": "kernels.skills_admin.may_view_routing",
    "link": reverse_lazy("admin:kernels_skill_routing"),
}
NEAR_REUSE = {
    **_entry("Near reuse", "content_copy", "kernels.nearreuse"),
    "badge": "kernels.cache_admin.switched_off",
}
SIDEBAR: dict[str, Any] = {
    "show_search": True,
    "navigation": [
        {"items": [HOME]},
        {
            "title": "Review",
            "items": [
                CANDIDATES,
                QUARANTINE,
                _entry("Decisions", "history", "kernels.reviewaction"),
                COMPOSITIONS,
                _entry("Composition decisions", "history", "kernels.compositionreview"),
                DISAGREEMENTS,
                _page("Quick rating", "bolt", "labelling"),
                LABELS,
                NEAR_REUSE,
            ],
        },
        {
            "title": "Kernels",
            "separator": True,
            "items": [
                _entry("Kernels", "hub", "kernels.kernel"),
                VERSIONS,
                _entry("Exemplars", "format_quote", "kernels.exemplar"),
                _page("Routing", "ssid_chart", "routing"),
                _entry("Calibrations", "tune", "kernels.calibration"),
                _entry("Routing heads", "hub", "kernels.routinghead"),
            ],
        },
        {
            "title": "Skills",
            "separator": True,
            "items": [
                _entry("Skills", "school", "kernels.skill"),
                SKILL_ROUTING,
                _entry("Choices", "compare", "kernels.shadowrecord"),
                {
                    **_entry("Switches", "history", "kernels.routingswitch"),
                    "active": lambda request: (
                        "/routingswitch/" in request.path and not _shows_shadow(request)
                    ),
                },
            ],
        },
        {
            "title": "Traffic",
            "separator": True,
            "items": [
                _entry("Trajectories", "route", "trajectories.trajectory"),
                _entry("Agent sessions", "smart_toy", "trajectories.agentsession"),
                _entry("Searches", "travel_explore", "trajectories.searchrecord"),
                METRICS,
                _entry("Cache entries", "cached", "kernels.cacheentry"),
                _entry("Runs", "play_circle", "trajectories.run"),
                _entry("Composition runs", "device_hub", "kernels.planrun"),
                _entry("Feedback", "thumbs_up_down", "trajectories.feedback"),
            ],
        },
        {
            "title": "Learning",
            "separator": True,
            "items": [
                _page("Training", "monitoring", "training"),
                _entry("Adapters", "extension", "training.adapter"),
                _entry("Nightly plans", "nights_stay", "training.nightlyplan"),
                _entry("Nightly settings", "tune", "training.nightlysettings"),
                _entry("LoRA runs", "model_training", "training.lorarun"),
                _entry("Nodes", "dns", "training.trainingnode"),
                _entry("Snapshots", "neurology", "training.snapshot"),
                OUTCOMES,
                _entry("Step examples", "checklist", "training.stepexample"),
                _entry("Worker deltas", "exposure", "training.workerdelta"),
            ],
        },
        {
            "title": "Access",
            "separator": True,
            "items": [
                _entry("Clients", "apps", "trajectories.client"),
                _entry("API keys", "key", "trajectories.apikey"),
                _entry("Receipt keys", "verified", "trajectories.receiptkey"),
                _entry("Users", "person", "auth.user"),
                _entry("Schedule", "schedule", "django_celery_beat.periodictask"),
            ],
        },
    ],
}
