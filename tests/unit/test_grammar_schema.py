"""Patterns as a grammar of JSON text may have them."""

import json
import re

import pytest

from workers.backends.grammar_schema import for_grammar, narrow, repeats_nothing

WRITTEN = ["a", "ab,c", 'say "hi"', "back\\slash", "new\nline", "7", "x.y", " ", "", "é"]


@pytest.mark.parametrize(
    "pattern",
    [
        "^[^,]+$",
        ".*",
        r"^\S+$",
        r"^\D+$",
        r"^\W+$",
        "[a-z]+",
        "^[^\\n]+[.]$",
        r"\d{2,3}",
        "(a|b)c?",
    ],
)
def test_what_a_narrowed_pattern_allows_is_allowed_and_needs_no_escape(pattern: str) -> None:
    narrowed = narrow(pattern)
    assert narrowed is not None
    for text in WRITTEN:
        if re.fullmatch(narrowed.strip("^$"), text):
            assert re.search(pattern, text)
            assert json.dumps(text, ensure_ascii=False) == f'"{text}"'


@pytest.mark.parametrize(
    "pattern", ['"', r"\\", '["a]', "[ -~]", "[A-z]", r"[\S]", "[a", "a\\", r"[\\]", r"\""]
)
def test_a_pattern_that_asks_for_what_needs_an_escape_is_left_to_the_verifier(pattern: str) -> None:
    assert narrow(pattern) is None


@pytest.mark.parametrize(
    "pattern", ["(a?){200}", "((a?)){9}", "(a*)*", "(a|b?)+", "((x|)y?){3}", "(?:a{0,2})*", "(|a)+"]
)
def test_a_repeated_group_that_may_be_empty_is_left_to_the_verifier(pattern: str) -> None:
    assert repeats_nothing(pattern)
    assert narrow(pattern) is None


@pytest.mark.parametrize(
    "pattern", ["(ab){20}", "(?:a+b)*", "a?b*", "([?*|]x)+", r"(\?)+", "(a?)b"]
)
def test_other_repeats_stay(pattern: str) -> None:
    assert not repeats_nothing(pattern)


def test_bounds_of_many_digits_are_left_to_the_verifier() -> None:
    schema = {"minimum": 10**17, "maximum": 5, "exclusiveMaximum": -(10**16)}
    assert for_grammar(schema) == {"maximum": 5}


@pytest.mark.parametrize("pattern", ["^[A-Z]{3}-[0-9]+$", r"^a\.b$", "[A-Za-z.-]+"])
def test_a_pattern_of_plain_characters_stays(pattern: str) -> None:
    assert narrow(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "spelled"),
    [
        (r"^\d{4}-\d{2}$", "^[0-9]{4}-[0-9]{2}$"),
        (r"[\w.-]+", "[A-Za-z0-9_.-]+"),
        (r"^a\sb$", "^a[ ]b$"),
        ("^é{2}$", "^[é]{2}$"),
        (r"^x\b$", None),
        (r"^\p{Lu}$", None),
        (r"[\Wa]", None),
    ],
)
def test_shorthands_are_spelled_out(pattern: str, spelled: str | None) -> None:
    assert narrow(pattern) == spelled


def test_patterns_are_narrowed_wherever_they_stand() -> None:
    schema = {
        "properties": {"a": {"type": "string", "pattern": "."}, "pattern": {"type": "string"}},
        "anyOf": [{"pattern": '"'}],
        "const": {"pattern": '"'},
    }
    assert for_grammar(schema) == {
        "properties": {
            "a": {"type": "string", "pattern": r"[^\"\\\n\r\t]"},
            "pattern": {"type": "string"},
        },
        "anyOf": [{}],
        "const": {"pattern": '"'},
    }
