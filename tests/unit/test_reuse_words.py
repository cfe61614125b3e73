"""The word lists that questions are compared by do not contradict themselves."""

import json

import pytest

from kernels.reuse import forms, lexicon, ways
from kwsite.bench.reuse import SUITES

ANTONYMS = [line.split() for line in lexicon.lines("antonyms")]


def test_no_word_is_in_two_groups() -> None:
    seen: dict[str, tuple[str, ...]] = {}
    for group in lexicon.SYNONYMS:
        for name in group:
            root = " ".join(map(forms.stem, name.split()))
            assert seen.setdefault(root, group) is group, f"{name}: {seen[root]} and {group}"


def test_a_group_is_more_than_one_word_and_begins_with_a_single_one() -> None:
    for group in lexicon.SYNONYMS:
        assert len(group) > 1, group
        assert " " not in group[0], group


def test_no_unit_has_two_meanings() -> None:
    names = [name for group in lexicon.UNITS for name in group]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("pair", ANTONYMS, ids=" ".join)
def test_opposites_stay_apart(pair: list[str]) -> None:
    one, other = pair
    assert forms.canonical(one) != forms.canonical(other)


def test_function_words_have_no_synonyms_among_content_words() -> None:
    content = {
        name
        for part in ("verbs", "nouns", "adjectives")
        for group in lexicon.groups(part)
        for name in group
    }
    function = lexicon.PREPOSITIONS | lexicon.NEGATIONS | lexicon.WH | set(lexicon.MODALS)
    assert not content & function


def test_spelling_leads_to_one_form_and_no_further() -> None:
    for american in lexicon.SPELLING.values():
        assert forms.spelled(american) == american


@pytest.mark.parametrize(
    "words",
    [
        ["organise", "organizes", "organising", "organized"],
        ["cancel", "cancelled", "canceled", "cancelling"],
        ["colour", "colors", "coloured"],
        ["write", "wrote", "written", "writing"],
        ["child", "children", "kids"],
        ["try", "tries", "tried", "trying"],
        ["catalogue", "catalogs"],
    ],
)
def test_forms_of_a_word_are_one(words: list[str]) -> None:
    assert len({forms.canonical(word) for word in words}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("scored", "scoured"), ("building", "builds"), ("even", "evening")]
)
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert forms.canonical(one) != forms.canonical(other)


def test_a_way_is_never_skipped_that_would_match() -> None:
    for name in ("paraphrases_dev", "near_misses_dev"):
        for line in (SUITES / f"{name}.jsonl").read_text().splitlines():
            text = json.loads(line)["b"].lower()
            for first, pattern, _ in ways.WAYS:
                if first is not None and pattern.search(text):
                    assert first & ways.words_of(text), pattern.pattern
