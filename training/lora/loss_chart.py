"""The loss curve of a run as a drawing (SVG) that needs nothing from outside."""

from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 24, 32
TRAINING = "var(--kw-chart-primary)"
VALIDATION = "var(--kw-chart-second)"
STEPS = 4  # of each axis

Pairs = list[tuple[float, float]]


def loss_chart(curve: Sequence[Sequence[Any]]) -> str:
    """Training and validation loss by iteration; a line of text where there is no point yet.

    `curve` are points of iteration, training loss, validation loss; either loss may be None.
    """
    training = [(float(one[0]), float(one[1])) for one in curve if one[1] is not None]
    validation = [(float(one[0]), float(one[2])) for one in curve if one[2] is not None]
    drawn = training + validation
    if not drawn:
        return "<p>No loss was told yet.</p>"
    place = _Place(drawn)
    return "".join(
        (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" font-size="11"',
            ' fill="currentColor" style="max-width: 60rem" aria-label="loss by iteration">',
            *place.axes(),
            _line(training, TRAINING, place),
            _line(validation, VALIDATION, place),
            *(_dot(one, VALIDATION, place) for one in validation),
            _legend(LEFT, "training loss", TRAINING),
            _legend(LEFT + 110, "validation loss", VALIDATION) if validation else "",
            "</svg>",
        )
    )


class _Place:
    """Where a point of the curve is drawn."""

    def __init__(self, points: Pairs) -> None:
        across, up = [x for x, _ in points], [y for _, y in points]
        self._x = (min(0.0, *across), max(*across, 1.0))
        room = (max(up) - min(up)) * 0.05 or max(abs(up[0]) * 0.1, 1e-6)
        self._y = (min(up) - room, max(up) + room)

    def x(self, iteration: float) -> float:
        least, most = self._x
        return LEFT + (iteration - least) / (most - least) * (WIDTH - LEFT - RIGHT)

    def y(self, loss: float) -> float:
        least, most = self._y
        return TOP + (most - loss) / (most - least) * (HEIGHT - TOP - BOTTOM)

    def axes(self) -> list[str]:
        found = []
        for step in range(STEPS + 1):
            iteration, loss = _between(self._x, step / STEPS), _between(self._y, step / STEPS)
            x, y = self.x(iteration), self.y(loss)
            found.append(
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
                ' stroke="currentColor" stroke-opacity="0.15"/>'
                f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{loss:.3g}</text>'
                f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{iteration:.0f}</text>'
            )
        return found


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + share * (ends[1] - ends[0])


def _line(points: Pairs, colour: str, place: _Place) -> str:
    drawn = " ".join(f"{place.x(x):.1f},{place.y(y):.1f}" for x, y in points)
    return f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _dot(point: tuple[float, float], colour: str, place: _Place) -> str:
    x, y = point
    return (
        f'<circle cx="{place.x(x):.1f}" cy="{place.y(y):.1f}" r="3" fill="{colour}">'
        f"<title>iteration {x:.0f}: {y:.4f}</title></circle>"
    )


def _legend(x: int, words: str, colour: str) -> str:
    return (
        f'<rect x="{x}" y="8" width="12" height="3" fill="{colour}"/>'
        f'<text x="{x + 17}" y="13">{words}</text>'
    )


def sparkline(curve: Sequence[Sequence[Any]], width: int = 60) -> str:
    """The training loss in a line of text, from the lowest block to the highest."""
    losses = [one[1] for one in curve if one[1] is not None]
    if not losses:
        return ""
    count = min(width, len(losses))
    shown = [losses[place * len(losses) // count] for place in range(count)]
    least, most = min(shown), max(shown)
    blocks = "▁▂▃▄▅▆▇█"
    scale = (len(blocks) - 1) / (most - least) if most > least else 0
    return "".join(blocks[round((one - least) * scale)] for one in shown)
