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


@pytest.mark.parametrize("piece", ["1", "1,111", "1 + ", "1+", "- ", "1.1"])
def test_a_huge_text_is_read_in_time(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(NoArithmetic):
        arithmetic(piece * 50_000 + " x 1 + 2 and 3 + 4")
    assert time.process_time() - began < 2
