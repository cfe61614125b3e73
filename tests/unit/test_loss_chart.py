"""The loss curve is drawn within its frame, whatever the losses."""

import re

import pytest

from training.lora.loss_chart import HEIGHT, WIDTH, loss_chart, sparkline


def numbers(drawing: str) -> list[tuple[float, float]]:
    lines = re.findall(r'points="([^"]*)"', drawing)
    return [
        (float(x), float(y)) for line in lines for x, y in (one.split(",") for one in line.split())
    ]


@pytest.mark.parametrize(
    "curve",
    [
        [[1, 2.0, None]],
        [[0, 5.0, 5.1], [1, 5.0, 5.1]],
        [[n, 3.0 / n, None if n % 5 else 1.0] for n in range(1, 500)],
        [[1, 1e30, None], [2, -1e-30, None]],
        [[1, None, 2.0], [2, 0.0, None]],
    ],
)
def test_every_point_is_within_the_frame(curve: list[list[float | None]]) -> None:
    drawn = numbers(loss_chart(curve))
    assert len(drawn) == sum(one is not None for point in curve for one in point[1:])
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)


def test_a_falling_loss_falls_in_the_drawing() -> None:
    drawn = numbers(loss_chart([[n, 10.0 - n, None] for n in range(5)]))
    assert drawn == sorted(drawn)


def test_without_points_it_says_so() -> None:
    assert loss_chart([]) == loss_chart([[1, None, None]]) == "<p>No loss was told yet.</p>"


def test_a_line_of_text_falls_as_the_loss_does() -> None:
    assert sparkline([[n, 8.0 - n, None] for n in range(8)]) == "█▇▆▅▄▃▂▁"
    assert sparkline([[1, 2.0, None]]) == "▁"
    assert len(sparkline([[n, float(n), None] for n in range(500)])) == 60
    assert sparkline([]) == ""
