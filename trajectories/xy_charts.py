"""Charts over a number: lines through points, and the same points as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from trajectories.charts import COLOURS, Colour, drawn


@dataclass(frozen=True)
class Curve:
    """Points of x and y, in order. `line` joins them; `dashed` is for references."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: Colour = "primary"
    line: bool = True
    dashed: bool = False
    tabled: bool = True  # a reference line needs no rows


def xy_chart(
    curves: Sequence[Curve],
    *,
    label: str,
    x: str,
    y: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    height: int = 300,
) -> SafeString:
    """`label` says what is drawn, to those who do not see it; `x` and `y` name the axes."""
    rows = [
        [f"{at:.4g}", curve.label, f"{value:.4g}"]
        for curve in curves
        if curve.tabled
        for at, value in curve.points
    ]
    return drawn(
        "line",
        {"datasets": [_dataset(curve) for curve in curves]},
        {"x": _axis(x, x_range), "y": _axis(y, y_range)},
        label=label,
        height=height,
        headers=[x, "", y],
        rows=rows,
    )


def _axis(title: str, ends: tuple[float, float] | None) -> dict[str, Any]:
    bounds = {} if ends is None else {"min": ends[0], "max": ends[1]}
    return {
        "type": "linear",
        "display": True,
        "title": {"display": True, "text": title},
        "grid": {"display": False},
        "ticks": {"display": True},
        **bounds,
    }


def _dataset(curve: Curve) -> dict[str, Any]:
    return {
        "label": curve.label,
        "data": [{"x": x, "y": y} for x, y in curve.points],
        "borderColor": COLOURS[curve.colour],
        "backgroundColor": COLOURS[curve.colour],
        "showLine": curve.line,
        "borderWidth": 2,
        "pointRadius": 0 if curve.dashed else 2 if curve.line else 5,
        "clip": False,  # marks at the edges are whole
        **({"borderDash": [5, 5]} if curve.dashed else {}),
    }
