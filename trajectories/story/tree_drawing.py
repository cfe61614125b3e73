"""A search tree as a drawing: from left to right, a dot a step, the chosen path drawn heavier."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trajectories.story.steps import Step

MOST_DRAWN = 80  # dots
ACROSS, DOWN, MARGIN, LABEL = 110, 36, 24, 70  # in the drawing's own units
Dot = tuple[Step, int, float, "Step | None"]  # with its depth, its row, and its parent


def tree_drawing(steps: Sequence[Step], anchor: str) -> SafeString:
    """Each dot leads to its box, `ANCHOR-NUMBER`; nothing where there is too much to draw."""
    dots = _laid_out(steps)
    if not dots or len(dots) > MOST_DRAWN:
        return SafeString("")
    places = {step.number: _place(depth, row) for step, depth, row, _ in dots}
    lines = format_html_join("", "{}", ((_line(dot, places),) for dot in dots))
    marks = format_html_join("", "{}", ((_dot(dot[0], places, anchor),) for dot in dots))
    width = max(depth for _, depth, _, _ in dots) * ACROSS + LABEL + 2 * MARGIN
    height = (max(row for _, _, row, _ in dots) + 1) * DOWN + MARGIN
    return format_html(
        '<svg role="group" aria-label="The tree with {} steps; each leads to its box below" '
        'viewBox="0 0 {} {}" style="width: 100%; max-width: {}px; font-size: 11px; '
        'fill: currentColor">{}{}</svg>',
        len(dots),
        width,
        height,
        width,
        lines,
        marks,
    )


def _laid_out(steps: Sequence[Step]) -> list[Dot]:
    """Leaves one below the other, every other step in the middle of its children."""
    dots: list[Dot] = []
    rows = [0]

    def lay(step: Step, depth: int, parent: Step | None) -> float:
        below = [lay(child, depth + 1, step) for child in step.children]
        if not below:
            rows[0] += 1
        row = sum(below) / len(below) if below else float(rows[0] - 1)
        dots.append((step, depth, row, parent))
        return row

    for step in steps:
        lay(step, 1, None)
    return dots


def _place(depth: int, row: float) -> tuple[float, float]:
    return MARGIN + (depth - 1) * ACROSS, MARGIN + row * DOWN


def _line(dot: Dot, places: dict[str, tuple[float, float]]) -> SafeString:
    step, _, _, parent = dot
    if parent is None:
        return SafeString("")
    (x1, y1), (x2, y2) = places[parent.number], places[step.number]
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" style="stroke: currentColor; stroke-width: {}"/>',
        f"{x1:.0f}",
        f"{y1:.1f}",
        f"{x2:.0f}",
        f"{y2:.1f}",
        4 if step.chosen else 1,
    )


def _dot(step: Step, places: dict[str, tuple[float, float]], anchor: str) -> SafeString:
    x, y = places[step.number]
    said = f"step {step.number}, V/N {step.mean:.2f}, N {step.visits}"
    said += ", pruned" if step.pruned else ""
    return format_html(
        '<a href="#{}-{}" aria-label="{}"><circle cx="{}" cy="{}" r="8" style="stroke: '
        "currentColor; stroke-width: {}; fill: {}; fill-opacity: {}; stroke-dasharray: {}"
        '"/><text x="{}" y="{}">{}</text></a>',
        anchor,
        step.number,
        f"{said}{', on the chosen path' if step.chosen else ''}",
        f"{x:.0f}",
        f"{y:.1f}",
        3 if step.chosen else 1,
        "var(--color-primary-600)",
        f"{0.1 + 0.9 * min(max(step.mean, 0.0), 1.0):.2f}",
        "3 2" if step.pruned else "none",
        f"{x - 8:.0f}",
        f"{y - 12:.1f}",
        f"{step.number}: {step.mean:.2f} × {step.visits}",
    )
