"""What is read out of a prompt."""

import time

import pytest

from kernels.slots import LISTS, bind


@pytest.mark.parametrize(
    ("prompt", "numbers"),
    [
        ("Convert 9 km to m.", [9.0]),
        ("It costs 1,250.50 euros", [1250.5]),
        ("From -4 to −7 degrees", [-4.0, -7.0]),
        ("12km and 3.5kg", [12.0, 3.5]),
        ("No digits here", []),
        ("It ends with 7.", [7.0]),
    ],
)
def test_it_reads_numbers(prompt: str, numbers: list[float]) -> None:
    assert bind(prompt)["numbers"] == numbers


@pytest.mark.parametrize(
    ("prompt", "name", "found"),
    [
        ("Mail ann@example.com or b.c@mail.test.", "emails", ["ann@example.com", "b.c@mail.test"]),
        ("See https://a.example/x?y=1 now", "urls", ["https://a.example/x?y=1"]),
        ("From 2024-01-31 to 3.4.2025", "dates", ["2024-01-31", "3.4.2025"]),
        ("Call +49 30 1234 5678 today", "phones", ["+49 30 1234 5678"]),
        ('Translate "good morning" and “night”', "quoted", ["good morning", "night"]),
        ("ask Ada Lovelace about it", "names", ["Ada Lovelace"]),
        ("9 KM to m", "units", ["km", "m"]),
        ("What's 3 kg? I'm lost", "units", ["kg"]),
        ("Give 3 km in m", "units", ["km", "m"]),
        ("Room 4, in Rome", "units", []),
        ("12 in, 5in and a 7-In pipe in cm", "units", ["in", "in", "in", "cm"]),
    ],
)
def test_it_reads_parts_in_order(prompt: str, name: str, found: list[str]) -> None:
    assert bind(prompt)[name] == found


def test_a_part_inside_another_is_not_read_twice() -> None:
    bound = bind("On 2024-01-31 call 030 123 456 or mail ann7@example.com, see https://a.test/99")
    assert bound["numbers"] == []


@pytest.mark.parametrize(
    ("prompt", "unread"),
    [
        ("sum of 3,5,7 and 10", ["3,5,7"]),
        ("sum of .5, 1 and 2.", [".5"]),
        ("1,5 km and 1.60934 km", ["1,5"]),
        ("1.000.000 or 1.000 or 10.5.2", ["1.000.000", "1.000", "10.5.2"]),
        ("0,500 and 1234,567", ["0,500", "1234,567"]),
        ("3, 5, 1,250.50 and 0.25, on 3.4.2025 at https://a.test/1.2.3", []),
    ],
)
def test_it_tells_digits_that_it_may_have_misread(prompt: str, unread: list[str]) -> None:
    assert bind(prompt)["unread"] == unread


def test_a_country_code_of_one_digit_belongs_to_its_phone_number() -> None:
    assert bind("+1 415 555 0134 or +1 (555) 010-1999")["phones"] == [
        "+1 415 555 0134",
        "+1 (555) 010-1999",
    ]


def test_it_notices_negation() -> None:
    assert bind("This is not what I asked for")["negated"]
    assert bind("I can't log in")["negated"]
    assert not bind("A note about knots")["negated"]


def test_every_list_is_there_for_an_empty_prompt() -> None:
    bound = bind("")
    assert all(bound[name] == [] for name in LISTS)
    assert bound["words"] == 0


def test_a_hostile_prompt_is_read_in_time() -> None:
    prompt = "1-1 " * 5_000 + "a@" * 5_000 + "A" * 20_000 + "(" * 5_000
    assert bind(prompt)["prompt"] == prompt


@pytest.mark.parametrize("piece", ["a", "A-", "1-", "a.", '"a'])
def test_a_long_run_of_letters_binds_as_fast_as_any_text(piece: str) -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        bind((text * 100_000)[:100_000])
        return time.process_time() - started

    # Linear patterns take up to 3 times as long as on prose, quadratic ones hundreds of times.
    assert seconds(piece) < 20 * seconds("It is 12 km to the Old Town. ")


@pytest.mark.parametrize(
    ("prompt", "signs"),
    [
        ("What is 5-3?", ["-"]),
        ("What is 5 * -3?", ["*"]),
        ("a well-known km/h and/or 2 + 2 = 4", ["+", "="]),
        ("between 5% and 7%", ["%", "%"]),
        ("on 2024-05-01 call +49 30 1234567", []),
    ],
)
def test_signs_are_those_of_operations(prompt: str, signs: list[str]) -> None:
    assert bind(prompt)["signs"] == signs
