"""Right answers against tokens, one point an arm."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

from kwsite.bench.intervals import bootstrap, draws, mean
from kwsite.bench.search.arms import CHOOSER, Outcome

matplotlib.use("Agg")  # before pyplot: there is no screen

from matplotlib import pyplot


def draw(title: str, arms: Mapping[str, Sequence[Outcome]], file: Path) -> None:
    """Writes a PNG with 95 % intervals."""
    canvas, axes = pyplot.subplots(figsize=(8, 4.6))
    for arm, found in arms.items():
        drawn = draws(["all"] * len(found))
        share = bootstrap(drawn, mean, [float(one.right) for one in found])
        spent = sum(one.tokens for one in found) / len(found)
        axes.errorbar(
            spent,
            100 * share.value,
            yerr=[[100 * (share.value - share.low)], [100 * (share.high - share.value)]],
            fmt="D" if arm == CHOOSER else "o",
            capsize=3,
            label=arm.replace("_", " "),
        )
    axes.set_xlabel("completion tokens a question")
    axes.set_ylabel("right, %")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    axes.set_title(title)
    canvas.tight_layout()
    canvas.savefig(file, dpi=110)
    pyplot.close(canvas)
