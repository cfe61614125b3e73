"""The value of the arithmetic in a text, and texts that have none to tell."""

import time

import pytest

from kernels.arithmetic import NoArithmetic, arithmetic


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("State the answer to this problem: 31 + 12 =", 43),
        ("What is 58 - 5 + 2?", 55),
        ("2 + 3 * 4", 14),
        ("12 / 3 / 2", 2),
        ("5 * -3 − 1", -16),
        ("-5 - -3", -2),
        ("Add 1,250.5+0.5 for me.", 1251),
        ("7 × 6 ÷ 4", 10.5),
        ("1+2-3", 0),
        ("Problem 3: 31 + 12, please.", 43),
        ("It costs 2.50 + 0.75.", 3.25),
    ],
)
def test_products_come_before_sums_and_all_else_from_left_to_right(text: str, value: float) -> None:
    assert arithmetic(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "no numbers",
        "only 5",
        "1 + 2 and 3 + 4",
        "2 * (3 + 4)",
        "2 ^ 3 + 1",
        "1 / 0",
        "9" * 31 + " + 1",
        " + ".join("1" * 60),
        "order 12-4b",
    ],
)
def test_what_is_not_one_plain_expression_has_no_value(text: str) -> None:
    with pytest.raises(NoArithmetic):
        arithmetic(text)


@pytest.mark.parametrize(
    "text",
    [
        "3 + 1,5",
        "3 + 4.5%",
        "3 + 4 %",
        "3 + 4 percent",
        "3 + 4 thousand",
        "3 + 4 000",
        "1 000 + 5",
        "5 x 3 + 2",
        "5x 3 + 2",
        "3 + 2 x 5",
        "5 times 3 + 2",
        "2 ** 3 + 1",
        "3 + 1 ** 2",
        "x + 3 + 2",
        "1 + 2 + 4.5%",
        "3 + $4 + 5",
        "3 + 4 km + 5 km",
        "5 + 3 – 2",
        "3 + 4.5.2",
        "1:30 + 2",
        "2 + 1:30",
    ],
)
def test_a_part_of_an_expression_has_no_value(text: str) -> None:
    with pytest.raises(NoArithmetic):
        arithmetic(text)


@pytest.mark.parametrize(
    "text",
    [
        "call 555-123",
        "call 555-123-4567",
        "call +49 555 123 - 4567",
        "due 2024-01-15",
        "due 2024 - 01 - 15",
        "due 1/15/2024",
        "in the season 2023/24",
    ],
)
def test_dates_and_numbers_to_call_have_no_value(text: str) -> None:
    with pytest.raises(NoArithmetic):
        arithmetic(text)


@pytest.mark.parametrize("piece", ["1", "1,111", "1 + ", "1+", "- ", "1.1"])
def test_a_huge_text_is_read_in_time(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(NoArithmetic):
        arithmetic(piece * 50_000 + " x 1 + 2 and 3 + 4")
    assert time.process_time() - began < 2
