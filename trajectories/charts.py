"""Charts in the admin: drawn by Chart.js, which unfold brings, and as a table for who reads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

Colour = Literal["primary", "second", "third", "fourth", "danger", "muted"]
# Of `kwsite/static/kwsite/style.css`, which has values for either theme.
COLOURS: dict[Colour, str] = {name: f"var(--kw-chart-{name})" for name in get_args(Colour)}


@dataclass(frozen=True)
class Series:
    """Values for each label of a chart; None where nothing is known. `dashed` for references."""

    label: str
    values: Sequence[float | None]
    colour: Colour = "primary"
    dashed: bool = False


def chart(
    kind: Literal["bar", "line"],
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    label: str,
    unit: str = "",
    low: float | None = 0,
    high: float | None = None,
    stacked: bool = False,
    height: int = 260,
) -> SafeString:
    """`label` says what is drawn, to those who do not see it; `unit` stands at the values."""
    axis: dict[str, Any] = {"display": True, "stacked": stacked, "ticks": {"display": True}}
    for name, bound in (("min", low), ("max", high)):
        if bound is not None:
            axis[name] = bound
    rows = [
        [name, *(_shown(one.values[place], unit) for one in series)]
        for place, name in enumerate(labels)
    ]
    return drawn(
        kind,
        {"labels": list(labels), "datasets": _datasets(kind, series)},
        {"x": {"grid": {"display": False}, "stacked": stacked}, "y": axis},
        label=label,
        height=height,
        headers=["", *(one.label for one in series)],
        rows=rows,
    )


def drawn(
    kind: Literal["bar", "line"],
    data: dict[str, Any],
    scales: dict[str, Any],
    *,
    label: str,
    height: int,
    headers: list[str],
    rows: list[list[str]],
) -> SafeString:
    """Data and scales as Chart.js wants them, and the table beside it."""
    options = {
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "plugins": {"legend": {"position": "bottom"}},
        "scales": scales,
    }
    shown = {
        "kind": kind,
        "label": label,
        "height": height,
        "data": json.dumps(data),
        "options": json.dumps(options),
        "table": {"headers": headers, "rows": rows},
    }
    return SafeString(render_to_string("trajectories/chart.html", shown))


def _datasets(kind: str, series: Sequence[Series]) -> list[dict[str, Any]]:
    return [
        {
            "label": one.label,
            "data": list(one.values),
            "backgroundColor": COLOURS[one.colour],
            "borderColor": COLOURS[one.colour],
            **({"borderWidth": 2, "pointRadius": 2, "spanGaps": True} if kind == "line" else {}),
            **({"borderDash": [5, 5], "pointRadius": 0} if one.dashed else {}),
        }
        for one in series
    ]


def _shown(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:,.4g}{f' {unit}' if unit else ''}"
