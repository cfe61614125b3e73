"""Relations between prompts and outputs: what is found, and what must not be."""

from typing import Any

import pytest

from kernels.compiler.bindings import Mined, mine
from kernels.compiler.pairs import Pair
from kernels.slots import bind
from kernels.spec import Binding
from kernels.template import match_any


def mined(*pairs: tuple[str, dict[str, Any]]) -> Mined:
    return mine([Pair(bind(prompt), output) for prompt, output in pairs])


ALL_WAYS = ("distinct()", "sorted()", "distinct().sorted()")


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
        ("input.emails", ["bab", "dec"]),
        ("input.emails.distinct()", ["ba", "dec"]),
        ("input.emails.sorted()", ["abb", "cde"]),
        ("input.emails.distinct().sorted()", ["ab", "cde"]),
    ],
)
def test_it_finds_lists(expression: str, outputs: list[str]) -> None:
    found = mined(*((to("bab"), {"to": mails(outputs[0])}), (to("dec"), {"to": mails(outputs[1])})))
    assert only(found).expression == expression
    assert found.agreements == ()


def mails(names: str) -> list[str]:
    return [f"{name}@x.test" for name in names]


def to(names: str) -> str:
    return f"To {' and '.join(mails(names))}"


@pytest.mark.parametrize(
    ("given", "rivals"),
    [
        (("bac", "dfe"), ["input.emails.distinct()"]),
        (("abb", "def"), ["input.emails.sorted()"]),
        (("abc", "def"), [f"input.emails.{how}" for how in ALL_WAYS]),
    ],
)
def test_a_list_that_may_have_been_sorted_or_rid_of_repeats_must_be_so_when_it_serves(
    given: tuple[str, ...], rivals: list[str]
) -> None:
    found = mined(*((to(names), {"to": mails(names)}) for names in given))
    assert only(found).expression == "input.emails"
    assert found.agreements == tuple(f"{rival} == input.emails" for rival in rivals)


def test_a_sorted_list_that_may_have_been_rid_of_repeats_must_have_none() -> None:
    found = mined(*((to(n), {"to": mails("".join(sorted(n)))}) for n in ("bac", "edf")))
    assert only(found).expression == "input.emails.sorted()"
    agreement = "input.emails.distinct().sorted() == input.emails.sorted()"
    assert found.agreements == (agreement,)


@pytest.mark.parametrize(
    "lists",
    [
        [["3.1.2024", "4.2.2024"], ["9.3.2023", "1.4.2023", "1.2.2024"]],  # by time
        [["01.03.2024", "02.03.2024"], ["05.05.2024", "06.05.2024"]],  # and by letters
        [["5/6/2024", "2/7/2024"], ["12/30/2023", "12/2/2023"]],  # the latest first
    ],
)
def test_dates_in_the_order_of_time_may_have_been_put_in_it(lists: list[list[str]]) -> None:
    pairs = [(f"On {' and on '.join(dates)}", {"dates": dates}) for dates in lists]
    assert mined(*pairs).bindings == ()


@pytest.mark.parametrize("numbers", [([9, 4, 1], [8, 3]), ([7, 5], [6, 2], [5, 5])])
def test_a_falling_list_may_have_been_put_in_that_order(numbers: tuple[list[int], ...]) -> None:
    rows = numbers_of(*([float(n) for n in row] for row in numbers))
    found = mined(*((p, {"n": row}) for p, row in zip(rows, numbers, strict=True)))
    assert found.bindings == ()


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


METRES = [n * 1000 for n in range(1, 9)]


def beside(
    prompts: list[str], template: str, numbers: list[Any], texts: list[Any], **more: Any
) -> dict[str, str]:
    """What is bound of a number `n` and of what stands beside it."""
    pairs = [
        Pair({**bind(p), "slots": match_any((template,), p)}, {"n": number, "x": text})
        for p, number, text in zip(prompts, numbers, texts, strict=True)
    ]
    return {b.property: b.expression for b in mine(pairs, **more).bindings}


@pytest.mark.parametrize("unit", ["metres", "EUR", "€", "CHF", "%"])
def test_a_unit_that_is_always_the_same_beside_a_number_is_a_constant(unit: str) -> None:
    found = beside(EIGHT, "Give {number1} km in m", METRES, [unit] * 8)
    assert found == {"n": "input.numbers[0] * 1000.0", "x": f'"{unit}"'}


@pytest.mark.parametrize("text", ["yes", "shipped", "Europe", "G", "no", "prime", "of metres"])
def test_what_may_be_an_answer_is_no_constant(text: str) -> None:
    found = beside(EIGHT, "Give {number1} km in m", METRES, [text] * 8)
    assert found == {"n": "input.numbers[0] * 1000.0"}


@pytest.mark.parametrize("numbers", [[5] * 8, [3, 1, 4, 1, 5, 9, 2, 6]])
def test_a_unit_beside_a_number_that_is_not_bound_is_no_constant(numbers: list[int]) -> None:
    assert beside(EIGHT, "Give {number1} km in m", numbers, ["metres"] * 8) == {}


@pytest.mark.parametrize("value", ["metres", "yes", "EUR", True, 5])
def test_a_lone_output_that_is_always_the_same_is_not_bound(value: Any) -> None:
    assert with_slots(EIGHT, "Give {number1} km in m", [value] * 8).bindings == ()


@pytest.mark.parametrize(
    ("prompts", "template", "outputs"),
    [
        (EIGHT[:7], "Give {number1} km in m", ["metres"] * 7),  # too few
        ([*EIGHT[:7], EIGHT[0]], "Give {number1} km in m", ["metres"] * 8),  # of seven prompts
        (EIGHT, "Give {text1}", ["metres"] * 8),  # another text may ask for something else
        (EIGHT, "Take {number1} km", ["metres"] * 8),  # no form at all
        ([*EIGHT[:7], "Give 8 km in m, in mm"], "Give {number1} km in m", ["mm"] * 8),
        (EIGHT, "Give {number1} km in m", [5] * 8),
        (EIGHT, "Give {number1} km in m", [True] * 8),
    ],
)
def test_a_coincidence_is_no_constant(
    prompts: list[str], template: str, outputs: list[Any]
) -> None:
    metres = [bind(prompt)["numbers"][0] * 1000 for prompt in prompts]
    found = beside(prompts, template, metres, outputs)
    assert found == {"n": "input.numbers[0] * 1000.0"}


def test_one_of_listed_values_is_no_constant() -> None:
    found = beside(EIGHT, "Give {number1} km in m", METRES, ["metres"] * 8, chosen_from=["x"])
    assert set(found) == {"n"}
