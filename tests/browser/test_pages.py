"""Every page in a browser: no errors, nothing from outside, contrast, and no scrolling sideways."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.console import Console
from tests.browser.visit import Visit

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


@dataclass
class Walk:
    """What was seen on all pages, by theme where that matters."""

    pages: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    wider: dict[str, int] = field(default_factory=dict)
    faint: dict[str, list[object]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def walk(browser: Browser, seeded: Console, pictures: Path | None) -> Walk:
    """Through the sidebar, and on to the first row of each list."""
    visit, found = Visit(browser, seeded), Walk()
    links = visit.page.locator("#nav-sidebar-apps a").evaluate_all("all => all.map(a => a.href)")
    assert len(links) > 20
    for link in [f"{seeded.url}", *dict.fromkeys(links)]:
        look_at(visit, link, found, pictures)
        row = visit.page.locator("#result_list tbody th a, #result_list tbody td a").first
        if row.count():
            look_at(visit, f"{row.evaluate('a => a.href')}", found, pictures)
    found.errors, found.outside = visit.errors, visit.outside
    visit.close()
    return found


def look_at(visit: Visit, url: str, found: Walk, pictures: Path | None) -> None:
    name = url.removeprefix(visit.console.url)
    found.pages.append(name)
    found.statuses[name] = visit.open(url)
    themes = ("light", "dark") if visit.theme == "light" else ("dark", "light")
    for theme in themes:  # the one that is shown comes first
        visit.show(theme)
        if wider := visit.measure(WIDER):
            found.wider[f"{theme} {name}"] = wider
        if faint := visit.measure(CONTRAST):
            found.faint[f"{theme} {name}"] = faint
        if theme == "light" or not name:
            visit.picture(pictures, picture_name(name, theme))


def picture_name(name: str, theme: str) -> str:
    """After the page: `kernels-kernelversion`, `kernels-kernelversion-one` for one of its rows."""
    path, _, query = name.partition("?")
    parts = [part for part in path.split("/") if part]
    said = [query.partition("=")[2]] if query else []
    if parts and parts[-1] == "change":
        parts, said = [*parts[:-2], "one"], []  # its query says from which list one came
    dark = ["dark"] if theme == "dark" else []
    return "-".join([*(parts or ["home"]), *said, *dark])


def test_every_page_of_the_sidebar_opens(walk: Walk) -> None:
    assert {name: status for name, status in walk.statuses.items() if status != 200} == {}
    assert len(walk.pages) > 50


def test_the_browser_has_nothing_to_complain_about(walk: Walk) -> None:
    assert walk.errors == []


def test_no_page_asks_for_anything_from_outside(walk: Walk) -> None:
    assert walk.outside == []


def test_no_page_scrolls_sideways(walk: Walk) -> None:
    assert walk.wider == {}


def test_texts_stand_out_in_either_theme(walk: Walk) -> None:
    assert walk.faint == {}


CHART = """() => {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--kw-chart-${name}`).trim();
  const [chart] = Object.values(Chart.instances);
  return {
    drawn: [
      chart.getDatasetMeta(0).data[0].options.backgroundColor,
      chart.options.scales.y.ticks.color,
      chart.legend.legendItems[0].fontColor,
      chart.options.scales.y.grid.color,
    ],
    named: [named("primary"), named("text"), named("text"), named("grid")],
  };
}"""


def test_charts_follow_the_theme(seeded: Console, visit: Callable[..., Visit]) -> None:
    operator, seen = visit(), []
    operator.open("training/routeroutcome/metrics/?days=90")
    for theme in ("light", "dark"):
        operator.show(theme)
        found = operator.measure(CHART)
        assert found["drawn"] == found["named"]
        seen.append(found["drawn"])
    assert seen[0] != seen[1]


def test_times_are_those_of_the_browser_s_zone(
    seeded: Console, visit: Callable[..., Visit]
) -> None:
    for zone, said in (("Asia/Tokyo", "JST"), ("America/Phoenix", "MST")):
        there = visit(zone=zone)
        there.open("trajectories/trajectory/")
        assert there.page.get_by_text(said).count() > 0
