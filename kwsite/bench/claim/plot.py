"""Quality against tokens, overall and by family."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib

from kwsite.bench.claim.arms import ARMS
from kwsite.bench.claim.composing import composite_claim
from kwsite.bench.claim.figures import OVERALL, ArmFigures, arm_figures, arm_names
from kwsite.bench.claim.measure import Claim

matplotlib.use("Agg")  # before pyplot: there is no screen

from matplotlib import pyplot

COLORS = dict(
    zip(ARMS, ("#8c8c8c", "#d08c3c", "#b0563c", "#7fa8d1", "#1f5fa8", "#3c8c5a"), strict=True)
)
COMPOSITES = "two at once"


def draw(claim: Claim, file: Path) -> None:
    """Writes a PNG: all arms overall with their intervals, then each family as bars.

    The prompts that ask two tasks stand last, as a family of their own.
    """
    figures = arm_figures(claim)
    if claim.composites:
        asked = arm_figures(composite_claim(claim))
        figures += [replace(one, family=COMPOSITES) for one in asked if one.family == OVERALL]
    canvas, (left, right) = pyplot.subplots(1, 2, figsize=(13, 4.6), width_ratios=(1, 1.9))
    _overall(left, [one for one in figures if one.family == OVERALL and one.arm in ARMS])
    _families(right, claim, figures)
    canvas.suptitle(f"{claim.model}: routing and verification against retrieval, 95 % intervals")
    canvas.tight_layout()
    canvas.savefig(file, dpi=110)
    pyplot.close(canvas)


def _overall(axes: Any, figures: list[ArmFigures]) -> None:
    for one in figures:
        quality, tokens = one.quality, one.tokens
        axes.errorbar(
            tokens.value,
            100 * quality.value,
            xerr=[[tokens.value - tokens.low], [tokens.high - tokens.value]],
            yerr=[[100 * (quality.value - quality.low)], [100 * (quality.high - quality.value)]],
            fmt="o",
            capsize=3,
            color=COLORS[one.arm],
            label=one.arm,
        )
    axes.set(xlabel="tokens a query", ylabel="right answers, %", xlim=(0, None), ylim=(0, 100))
    axes.legend(fontsize=8, loc="best")


def _families(axes: Any, claim: Claim, figures: list[ArmFigures]) -> None:
    names = [one.family for one in claim.learned]
    names += [COMPOSITES] if claim.composites else []
    arms = [arm for arm in ARMS if arm in arm_names(claim)]
    width = 0.8 / len(arms)
    for number, arm in enumerate(arms):
        found = {one.family: one.quality for one in figures if one.arm == arm}
        places = [place + (number - (len(arms) - 1) / 2) * width for place in range(len(names))]
        heights = [100 * found[name].value for name in names]
        axes.bar(places, heights, width, color=COLORS[arm], label=arm)
    axes.set_xticks(range(len(names)), names, rotation=25, ha="right", fontsize=8)
    axes.set(ylim=(0, 100))
