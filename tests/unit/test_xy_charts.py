"""Charts over a number: the points as they are drawn, and the same as a table."""

import html
import json
import re

from trajectories.xy_charts import Curve, xy_chart


def test_points_are_drawn_over_numbers_and_stand_in_the_table() -> None:
    shown = xy_chart(
        [
            Curve("precision", [(0.25, 0.9), (0.5, 0.8)]),
            Curve("ceiling", [(0, 0.95), (1, 0.95)], "danger", dashed=True, tabled=False),
        ],
        label="Precision <of> kernels",
        x="coverage",
        y="precision",
        x_range=(0, 1),
    )
    data = json.loads(html.unescape(_attribute(shown, "data-value")))
    assert data["datasets"][0]["data"] == [{"x": 0.25, "y": 0.9}, {"x": 0.5, "y": 0.8}]
    assert data["datasets"][1]["borderDash"] == [5, 5]
    axes = json.loads(html.unescape(_attribute(shown, "data-options")))["scales"]
    assert (axes["x"]["type"], axes["x"]["min"], axes["x"]["max"]) == ("linear", 0, 1)
    assert axes["y"]["title"]["text"] == "precision"
    assert 'aria-label="Precision &lt;of&gt; kernels"' in shown
    rows = [" ".join(row.split()) for row in re.findall(r"<td[^>]*>(.*?)</td>", shown, re.S)]
    assert rows == ["0.25", "precision", "0.9", "0.5", "precision", "0.8"]


def _attribute(shown: str, name: str) -> str:
    found = re.search(f'{name}="([^"]*)"', shown)
    assert found is not None
    return found[1]
