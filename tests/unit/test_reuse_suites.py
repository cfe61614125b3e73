"""Near misses are never the same question; many paraphrases are."""

import pytest

from kwsite.bench.reuse import Suite, measure_reuse


@pytest.fixture(scope="module")
def suites() -> dict[tuple[str, str], Suite]:
    return {(suite.name, suite.part): suite for suite in measure_reuse()}


@pytest.mark.parametrize("part", ["dev", "dev2", "heldout"])
def test_no_near_miss_is_reused(suites: dict[tuple[str, str], Suite], part: str) -> None:
    suite = suites["near_misses", part]
    assert suite.pairs >= 200
    assert suite.reused == 0
    assert set(suite.by_kind) >= {"number", "unit", "negation", "direction", "entity", "tense"}


@pytest.mark.parametrize(("part", "at_least"), [("dev", 190), ("dev2", 300), ("heldout", 140)])
def test_paraphrases_are_reused(
    suites: dict[tuple[str, str], Suite], part: str, at_least: int
) -> None:
    suite = suites["paraphrases", part]
    assert suite.pairs >= 200
    assert suite.reused >= at_least
