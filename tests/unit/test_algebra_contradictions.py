"""Conditions that cannot hold together."""

import pytest

from kernels.algebra.contradictions import contradiction


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("size(input.numbers) == 2", "size(input.numbers) == 3"),
        ("size(input.numbers) == 2", "size(input.numbers) >= 3"),
        ("input.words > 20", "input.words <= 20"),
        ("input.words >= 21", "input.words < 21"),
        ("input.negated", "!input.negated"),
        ("input.negated == true", "!input.negated"),
        ("input.units == ['km', 'm']", "input.units == ['m', 'km']"),
        ("input.lang in ['de', 'fr']", 'input.lang == "en"'),
        ("size(input.dates) >= 1 && input.lang == 'de'", "input.lang == 'en' && input.words > 1"),
        ("input.kind == 'a'", "input.kind > 3"),
    ],
)
def test_what_cannot_both_hold_is_named(one: str, other: str) -> None:
    assert contradiction([one], [other]) == f"`{one}` and `{other}` cannot both hold"
    assert contradiction([other], [one])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("size(input.numbers) == 2", "size(input.numbers) >= 2"),
        ("size(input.numbers) == 2", "size(input.units) == 3"),
        ("input.n == 1", "input.n == 1.0"),
        ("input.words >= 20", "input.words <= 20"),
        ("input.lang == 'de' || input.words > 3", "input.lang == 'en'"),
        ("input.lang == 'de' ? true : true", "input.lang == 'en'"),
        ("input.tags.all(t, t != 'a' && input.lang == 'de' && t != 'b')", "input.lang == 'en'"),
        ("input.lang == 'de' == false", "input.lang == 'de'"),
        ("input.lang != 'de'", "input.lang == 'de'"),
        ("input.lang == input.other", "input.lang == 'en'"),
        ("input.lang == 'a && input.n == 1 && b'", "input.n == 2"),
        ("input.lang == null", "input.lang == oops"),
    ],
)
def test_nothing_is_said_of_what_may_hold(one: str, other: str) -> None:
    assert not contradiction([one], [other])
