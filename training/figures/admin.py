"""A page of the admin on how searches do: one chart, and the table by worker."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from training.figures.by_worker import Figures
from training.figures.rows import search_figures
from training.figures.table import figures_table
from trajectories.admin_base import ModelAdmin
from trajectories.charts import Colour, Series, chart
from trajectories.markup import table

Row = TypeVar("Row", bound=Model)

WINDOWS = (1, 7, 30, 90)  # days


class MetricsPage(ModelAdmin[Row]):
    """Adds the page at `metrics/`, for those who may look at searches and at outcomes."""

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "metrics/",
            self.admin_site.admin_view(self.metrics_view),
            name="training_search_metrics",
        )
        return [page, *super().get_urls()]

    def metrics_view(self, request: HttpRequest) -> HttpResponse:
        if not may_view_metrics(request):
            raise PermissionDenied
        asked = request.GET.get("days", "")
        days = int(asked) if asked in map(str, WINDOWS) else 30
        found = search_figures(days=days)
        headers, rows = figures_table(found)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Search metrics",
            "days": days,
            "windows": WINDOWS,
            "rows": rows if found else [],
            "table": table(headers, [list(row) for row in rows]),
            "chart": chart(
                "bar",
                [one.worker for one in found],
                shares(found),
                label="Right answers and right workers, by worker",
                unit="%",
                high=100,
            ),
        }
        return TemplateResponse(request, "training/search_metrics.html", context)


def may_view_metrics(request: HttpRequest) -> bool:
    return request.user.has_perms(("trajectories.view_searchrecord", "training.view_routeroutcome"))


def shares(found: Sequence[Figures]) -> list[Series]:
    """In per cent, a value for each worker; None where nothing could be judged."""
    counted = {
        "right, by people": [one.correct_by_people for one in found],
        "right, by verifier": [one.correct_by_verifier for one in found],
        "right worker, by people": [one.right_worker for one in found],
    }
    colours: tuple[Colour, ...] = ("primary", "fourth", "muted")
    return [
        Series(label, [None if s.value is None else round(100 * s.value, 1) for s in own], colour)
        for (label, own), colour in zip(counted.items(), colours, strict=True)
    ]
