"""Near misses are never the same question; many paraphrases are."""

import pytest

from kwsite.bench.reuse import Suite, measure_reuse


@pytest.fixture(scope="module")
def suites() -> dict[tuple[str, str], Suite]:
    return {(suite.name, suite.part): suite for suite in measure_reuse()}


@pytest.mark.parametrize("part", ["dev", "dev2", "dev3", "heldout"])
def test_no_near_miss_is_reused(suites: dict[tuple[str, str], Suite], part: str) -> None:
    suite = suites["near_misses", part]
    assert suite.pairs >= 200
    assert suite.reused == 0
    assert set(suite.by_kind) >= {"number", "unit", "negation", "direction", "entity", "tense"}


def test_near_misses_cover_what_must_agree_letter_by_letter(
    suites: dict[tuple[str, str], Suite],
) -> None:
    kinds = suites["near_misses", "dev2"].by_kind
    assert set(kinds) >= {"symbol", "material", "metalinguistic", "unit_case", "code"}


def test_near_misses_cover_what_was_once_taken_for_the_same(
    suites: dict[tuple[str, str], Suite],
) -> None:
    kinds = suites["near_misses", "dev3"].by_kind
    assert set(kinds) >= {"phrases", "capitals", "sense", "plural", "new each time"}


@pytest.mark.parametrize(("part", "at_least"), [("dev4", 60), ("heldout2", 40)])
def test_no_name_is_taken_for_a_word_with_synonyms(
    suites: dict[tuple[str, str], Suite], part: str, at_least: int
) -> None:
    suite = suites["near_misses", part]
    assert suite.pairs >= at_least
    assert suite.reused == 0
    assert set(suite.by_kind) >= {"command", "title", "band", "product", "menu", "term"}


@pytest.mark.parametrize(("part", "at_least"), [("dev", 160), ("dev2", 250), ("heldout", 110)])
def test_paraphrases_are_reused(
    suites: dict[tuple[str, str], Suite], part: str, at_least: int
) -> None:
    suite = suites["paraphrases", part]
    assert suite.pairs >= 200
    assert suite.reused >= at_least
    assert suite.reused <= min(suite.same, suite.lasting)
