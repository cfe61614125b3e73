"""A night as tables and a page."""

import os
from pathlib import Path

from kwsite.bench.grid import Grid, points
from kwsite.bench.intervals import bootstrap, draws
from kwsite.bench.nightly.outcome import FamilyNight, Night

GOAL_POINTS = 15


def grids(night: Night) -> list[Grid]:
    families = Grid(
        "Test prompts before and after the night",
        ("family", "lessons", "before", "after", "gain", "gate (held out)", "adapter", "now"),
        tuple(_row(one) for one in night.families),
    )
    steps = Grid(
        "Steps of the plan",
        ("step", "family", "state", "seconds"),
        tuple(
            (kind, family, state, f"{seconds:.0f}") for kind, family, state, seconds in night.steps
        ),
    )
    return [families, steps]


def verdict(night: Night) -> str:
    gains = [100 * (one.after.rate - one.before.rate) for one in night.families]
    down = [one.family for one, gain in zip(night.families, gains, strict=True) if gain < 0]
    fell = f", down: {', '.join(down)}" if down else ""
    reached = max(gains) >= GOAL_POINTS and not down
    return (
        f"The goal, {GOAL_POINTS} points more on one family and none down, is "
        f"{'met' if reached else 'missed'}: {max(gains):+.0f} points at best"
        f"{fell}. The plan took {night.plan_s:.0f} s, the "
        f"rise to live {night.rise_s:.0f} s."
    )


def write_page(night: Night, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nightly.md"
    intro = (
        f"`{night.command}`: {night.model}, {night.iterations} iterations "
        f"at a learning rate of {night.learning_rate:g}, "
        f"{os.cpu_count()} cores. Two families of requests are answered by\nthe embedded model, "
        "judged as their apps would, trained on by the nightly plan on the CPU, and asked again\n"
        "through the running service once the adapters have risen from shadow through canary to "
        "live. The test\nprompts were never asked by the app that is learned from."
    )
    tables = "\n".join(grid.as_markdown() for grid in grids(night))
    file.write_text(f"# One night\n\n{intro}\n\n{tables}\n{verdict(night)}\n", encoding="utf-8")
    return file


def _row(one: FamilyNight) -> tuple[str, ...]:
    right = [list(map(float, side.right)) for side in (one.before, one.after)]
    drawn = draws([one.family] * one.before.asked)
    gain = bootstrap(drawn, lambda old, new: (new - old).mean(-1), *right)
    gate = one.gate
    return (
        one.family,
        str(one.lessons),
        _share(one.before.right),
        _share(one.after.right),
        points(gain),
        f"{gate['before']:.0%} -> {gate['after']:.0%} of {gate['prompts']}" if gate else one.step,
        one.adapter or "-",
        one.state or "-",
    )


def _share(right: tuple[bool, ...]) -> str:
    return f"{sum(right)} of {len(right)} ({sum(right) / len(right):.0%})"
