"""Relations between prompts and outputs: what is found, and what must not be."""

from typing import Any

import pytest

from kernels.compiler.bindings import Mined, Pair, mine
from kernels.slots import bind
from kernels.spec import Binding
from kernels.template import match_any


def mined(*pairs: tuple[str, dict[str, Any]]) -> Mined:
    return mine([Pair(bind(prompt), output) for prompt, output in pairs])


def only(found: Mined) -> Binding:
    (binding,) = found.bindings
    return binding


def test_it_finds_a_position() -> None:
    found = mined(
        ("Send it from a@x.test to b@x.test", {"to": "b@x.test"}),
        ("Send it from c@x.test to d@x.test", {"to": "d@x.test"}),
    )
    assert only(found) == Binding(property="to", expression="input.emails[1]")
    assert found.lists == ("emails",)


def test_without_a_fixed_position_it_finds_a_choice() -> None:
    found = mined(
        ("Who leads? a@x.test, b@x.test", {"lead": "b@x.test"}),
        ("Who leads? c@x.test, d@x.test", {"lead": "c@x.test"}),
    )
    assert only(found) == Binding(property="lead", expression="input.emails", choice=True)


@pytest.mark.parametrize(
    ("expression", "outputs"),
    [
        ("input.numbers[1]", [3, 5, 7]),
        ("input.numbers[0] + input.numbers[1]", [5, 9, 18]),
        ("input.numbers[0] * input.numbers[1]", [6, 20, 77]),
        ("input.numbers[1] - input.numbers[0]", [1, 1, -4]),
        ("input.numbers[0] / input.numbers[1]", [2 / 3, 4 / 5, 11 / 7]),
    ],
)
def test_it_finds_plain_arithmetic(expression: str, outputs: list[float]) -> None:
    prompts = ["2 and 3", "4 and 5", "11 and 7"]
    if expression == "input.numbers[1] - input.numbers[0]":
        prompts, outputs = ["2 and 3", "4 and 9", "11 and 7"], [1, 5, -4]
    found = mined(*((p, {"n": n}) for p, n in zip(prompts, outputs, strict=True)))
    assert only(found).expression == expression


def test_it_finds_a_constant_factor() -> None:
    found = mined(*((f"{n} km in m", {"value": n * 1000}) for n in (1, 2.5, 7)))
    assert only(found).expression == "input.numbers[0] * 1000.0"


def test_tiny_values_are_not_all_the_same() -> None:
    found = mined(*((f"{n} and 1", {"value": n * n * 1e-12}) for n in (1, 2, 3)))
    assert found.bindings == ()


@pytest.mark.parametrize(
    "pairs",
    [
        [("2 and 3", {"n": 5}), ("4 and 5", {"n": 9})],  # two values could be chance
        [("2 and 3", {"n": 5}), ("4 and 5", {"n": 9}), ("1 and 1", {"n": 7})],  # one disagrees
        [("2 and 3", {"n": 5}), ("4", {"n": 9}), ("1 and 1", {"n": 2})],  # not always two numbers
        [(f"{n} stars", {"good": n > 2}) for n in range(5)],  # true and false are not numbers
        [("a@x.test", {"x": "other"}), ("b@x.test", {"x": "b@x.test"})],
        [("a@x.test", {"x": "a@x.test"}), ("b@x.test", {"y": "b@x.test"})],  # nothing shared
        [("0 and 0", {"n": None}), ("1 and 1", {"n": None})],
        [("7 / 0", {"n": 1}), ("8 / 0", {"n": 2}), ("9 / 0", {"n": 4})],
    ],
)
def test_it_finds_nothing_that_does_not_hold_everywhere(
    pairs: list[tuple[str, dict[str, Any]]],
) -> None:
    assert mined(*pairs).bindings == ()


def numbers_of(*rows: list[float]) -> list[str]:
    return ["Look at " + " and ".join(str(number) for number in row) for row in rows]


ROWS: list[list[float]] = [[3, 9, 4], [8, 1], [5, 5, 2, 7], [6, 11, 2]]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("input.numbers.sum()", [16, 9, 19, 19]),
        ("input.numbers.product()", [108, 8, 350, 132]),
        ("input.numbers.mean()", [16 / 3, 4.5, 4.75, 19 / 3]),
        ("input.numbers.min()", [3, 1, 2, 2]),
        ("input.numbers.max()", [9, 8, 7, 11]),
        ("input.numbers.max() - input.numbers.min()", [6, 7, 5, 9]),
        ("size(input.numbers)", [3, 2, 4, 3]),
        ("input.numbers[size(input.numbers) - 1]", [4, 1, 7, 2]),
    ],
)
def test_it_finds_what_is_worked_out_of_all_numbers_however_many(
    expression: str, values: list[float]
) -> None:
    found = mined(*((p, {"n": n}) for p, n in zip(numbers_of(*ROWS), values, strict=True)))
    assert only(found).expression == expression


def test_it_counts_each_once() -> None:
    prompts = numbers_of([1, 1], [1, 2, 2], [3, 4, 5, 5])
    found = mined(*((p, {"n": n}) for p, n in zip(prompts, (1, 2, 3), strict=True)))
    assert "size(input.numbers.distinct())" in (only(found).expression, *found.agreements)


def test_it_finds_the_arithmetic_that_a_prompt_asks_for() -> None:
    sums = {"What is 31 + 12?": 43, "What is 58 - 5?": 53, "What is 2 + 3 * 4?": 14}
    found = mined(*((prompt, {"n": n}) for prompt, n in sums.items()))
    assert only(found).expression == "input.prompt.arithmetic()"


def test_it_counts_one_text_in_another() -> None:
    asked = (("e", "green tea", 3), ("b", "Abba", 2), ("x", "no such one", 0), ("o", "So so", 2))
    found = mined(*((f'How many "{a}" are in "{b}"?', {"n": n}) for a, b, n in asked))
    assert only(found).expression == "input.quoted[1].occurrences(input.quoted[0])"
    assert found.agreements  # in small letters as well: both must say the same


@pytest.mark.parametrize(
    ("expression", "outputs"),
    [
        ("input.quoted[0].upperAscii()", ["GOOD DAY", "SO LONG"]),
        ("input.quoted[0].titleCase()", ["Good Day", "So Long"]),
    ],
)
def test_it_finds_another_case(expression: str, outputs: list[str]) -> None:
    prompts = ['Write "good day" so', 'Write "so long" so']
    found = mined(*((p, {"t": t}) for p, t in zip(prompts, outputs, strict=True)))
    assert only(found).expression == expression
    assert found.agreements == ()


def test_it_finds_what_two_parts_make_together() -> None:
    found = mined(
        ('Join "tea" and "pot"', {"t": "tea-pot"}), ('Join "cup" and "cake"', {"t": "cup-cake"})
    )
    assert only(found).expression == 'input.quoted[0] + "-" + input.quoted[1]'


@pytest.mark.parametrize(
    ("expression", "outputs"),
    [
        ("input.emails", [["b@x.test", "a@x.test", "b@x.test"], ["d@x.test", "c@x.test"]]),
        ("input.emails.distinct()", [["b@x.test", "a@x.test"], ["d@x.test", "c@x.test"]]),
        ("input.emails.sorted()", [["a@x.test", "b@x.test", "b@x.test"], ["c@x.test", "d@x.test"]]),
        (
            "input.emails.distinct().sorted()",
            [["a@x.test", "b@x.test"], ["c@x.test", "d@x.test"]],
        ),
    ],
)
def test_it_finds_lists(expression: str, outputs: list[list[str]]) -> None:
    prompts = ["To b@x.test, a@x.test, b@x.test", "To d@x.test and c@x.test"]
    found = mined(*((p, {"to": to}) for p, to in zip(prompts, outputs, strict=True)))
    assert only(found).expression == expression


def test_what_fits_as_well_must_agree_when_it_serves() -> None:
    pairs = [(f"Pay {a} of {b}", {"n": b}) for a, b in ((1, 20), (3, 40), (5, 60))]
    found = mined(*pairs)
    assert only(found).expression == "input.numbers[1]"
    (agreement,) = found.agreements  # the largest of both, too
    assert "input.numbers.max()" in agreement


def test_too_many_readings_are_no_reading() -> None:
    found = mined(*((f'"{t}" {t}@x.test "{t}"', {"t": t}) for t in ("ann", "bob", "cleo")))
    assert only(found).expression == "input.quoted[0]"
    many = [(f'"{t}" "{t}" "{t}" "{t}" "{t}"', {"t": t}) for t in ("ann", "bob", "cleo")]
    assert mined(*many).bindings == ()


def with_slots(prompts: list[str], template: str, outputs: list[Any], name: str = "x") -> Mined:
    pairs = [
        Pair({**bind(p), "slots": match_any((template,), p)}, {name: output})
        for p, output in zip(prompts, outputs, strict=True)
    ]
    return mine(pairs)


def test_a_gap_of_the_template_can_be_copied() -> None:
    prompts = [f"Ask {name} about it" for name in ("Ann", "Bob", "Cleo")]
    found = with_slots(prompts, "Ask {name1} about it", ["Ann", "Bob", "Cleo"])
    assert only(found).expression == "input.slots.name1"
    assert found.reads_slots


EIGHT = [f"Give {n} km in m" for n in range(1, 9)]


def test_what_is_always_the_same_is_a_constant() -> None:
    found = with_slots(EIGHT, "Give {number1} km in m", ["metres"] * 8)
    assert only(found).expression == '"metres"'
    assert found.has_constants


@pytest.mark.parametrize(
    ("prompts", "template", "outputs"),
    [
        (EIGHT[:7], "Give {number1} km in m", ["metres"] * 7),  # too few
        ([EIGHT[0]] * 8, "Give {number1} km in m", ["metres"] * 8),  # of one prompt
        (EIGHT, "Give {text1}", ["metres"] * 8),  # another text may ask for something else
        (EIGHT, "Take {number1} km", ["metres"] * 8),  # no form at all
        (EIGHT, "Give {number1} km in m", ["1"] * 8),  # some of them say so themselves
        (EIGHT, "Give {number1} km in m", [5] * 8),
        (EIGHT, "Give {number1} km in m", [True] * 8),
    ],
)
def test_a_coincidence_is_no_constant(
    prompts: list[str], template: str, outputs: list[Any]
) -> None:
    assert with_slots(prompts, template, outputs).bindings == ()


def test_one_of_listed_values_is_no_constant() -> None:
    template = "Give {number1} km in m"
    pairs = [Pair({**bind(p), "slots": match_any((template,), p)}, {"u": "metres"}) for p in EIGHT]
    assert mine(pairs, chosen_from=["u"]).bindings == ()
