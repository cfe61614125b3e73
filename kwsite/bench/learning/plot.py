"""Accuracy of the router and AUROC of the reward model over the queries of the stream."""

from pathlib import Path
from typing import Any

import matplotlib

from kwsite.bench.intervals import Interval
from kwsite.bench.learning.figures import (
    GOAL_ACCURACY,
    GOAL_AUROC,
    PREDICTORS,
    accuracy,
    area,
    chosen_at,
    like_stream,
    samples_of,
)
from kwsite.bench.learning.grids import NAMES, PARTS
from kwsite.bench.learning.outcome import Learning

matplotlib.use("Agg")  # before pyplot: there is no screen

from matplotlib import pyplot

COLORS = {"prm": "#1f5fa8", "length": "#8c8c8c", "worker": "#d08c3c"}


def draw(found: Learning, file: Path) -> None:
    """Writes a PNG with 95 % intervals."""
    canvas, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.4))
    _accuracy(left, found)
    _areas(right, found)
    for axes in (left, right):
        axes.set_xlabel("queries of the stream")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="lower right")
    canvas.suptitle(f"{found.model}: what was learned, on held-out queries")
    canvas.tight_layout()
    canvas.savefig(file, dpi=110)
    pyplot.close(canvas)


def _accuracy(axes: Any, found: Learning) -> None:
    marks = samples_of(found)
    chosen = {n: chosen_at(found, n, "live") for n in marks}
    plain = {n: accuracy(like_stream(own)) for n, own in chosen.items()}
    odd = {n: accuracy([x for x in own if x.part == PARTS[2]]) for n, own in chosen.items()}
    _line(axes, plain, "held-out wordings, families", "#1f5fa8")
    _line(axes, odd, "subjects of other workers", "#b0563c")
    axes.axhline(GOAL_ACCURACY, color="black", linewidth=0.8, linestyle=":")
    axes.set(ylabel="the right worker", ylim=(0, 1.02), title="live router")


def _areas(axes: Any, found: Learning) -> None:
    for predictor in PREDICTORS:
        known = {n: area(found.steps, f"{predictor} {n}") for n in samples_of(found)}
        areas = {n: one.interval for n, one in known.items() if one and one.interval}
        _line(axes, areas, NAMES[predictor], COLORS[predictor])
    axes.axhline(GOAL_AUROC, color="black", linewidth=0.8, linestyle=":")
    axes.set(ylabel="AUROC of steps", ylim=(0.2, 1.02), title="reward model")


def _line(axes: Any, values: dict[int, Interval], label: str, color: str) -> None:
    found = list(values.values())
    axes.errorbar(
        list(values),
        [one.value for one in found],
        yerr=[[one.value - one.low for one in found], [one.high - one.value for one in found]],
        fmt="o-",
        capsize=3,
        color=color,
        label=label,
    )
