"""Colours of charts: seen on either theme's background, and told from each other."""

import re
from itertools import combinations

import pytest

from kwsite.env import CHECKOUT
from trajectories.charts import COLOURS

STYLE = (CHECKOUT / "kwsite/static/kwsite/style.css").read_text()
# Where charts stand, by theme: a card and the page.
GROUNDS = {":root": ("#ffffff", "#f9fafb"), "html.dark": ("#101828", "#030712")}
THEMES = tuple(GROUNDS)
APART = 20  # in CIELAB; about 2 can just be seen side by side


def palette(theme: str) -> dict[str, str]:
    block = re.search(rf"^{re.escape(theme)} {{(.*?)^}}", STYLE, re.DOTALL | re.MULTILINE)
    assert block is not None
    return dict(re.findall(r"(--kw-chart-\w+): (#[0-9a-f]{6});", block[1]))


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def contrast(one: str, other: str) -> float:
    """By WCAG 2."""
    low, high = sorted(
        sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))
        for colour in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


def lab(colour: str) -> tuple[float, float, float]:
    """CIELAB under D65."""
    red, green, blue = linear(colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_is_seen(theme: str) -> None:
    found = palette(theme)
    for name in COLOURS.values():
        shown = found[name.removeprefix("var(").removesuffix(")")]
        assert all(contrast(shown, ground) >= 3 for ground in GROUNDS[theme]), name


@pytest.mark.parametrize("theme", THEMES)
def test_words_on_charts_can_be_read(theme: str) -> None:
    assert all(contrast(palette(theme)["--kw-chart-text"], g) >= 4.5 for g in GROUNDS[theme])


@pytest.mark.parametrize("theme", THEMES)
def test_series_are_told_from_each_other(theme: str) -> None:
    found = palette(theme)
    names = [name.removeprefix("var(").removesuffix(")") for name in COLOURS.values()]
    for one, other in combinations(names, 2):
        apart = sum((a - b) ** 2 for a, b in zip(lab(found[one]), lab(found[other]), strict=True))
        assert apart**0.5 >= APART, (one, other)
