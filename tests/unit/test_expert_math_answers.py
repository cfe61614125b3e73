"""Only an answer that is read in full passes: a word or a sign beside a number may change it."""

import pytest

from workers.experts.expert import Task
from workers.experts.math_expert import EXPERT
from workers.experts.numerals import number_key

SUM = "What is 17 * 23 + 9?"
GCD = "Find the greatest common divisor of 84 and 126."
FRACTION = "Simplify the fraction 84/126."
LINEAR = "Solve 3x - 7 = 20"
SQUARE = "Solve x^2=4"
ROOTS = "Solve x^2 - 2 = 0"
GOLDEN = "Solve x^2 - x - 1 = 0"
THIRDS = "What is 2/3?"

WRONG = {
    SUM: (
        *("not 400", "less than 400", "more than 400", "never 400", "anything but 400"),
        *("cannot be 400", "400 is wrong", "neither 400", "≠ 400", "!= 400", "-(400)", "(-400)"),
        *("minus 400", "negative 400", "–400", "half of 400", "400 dozen", "400%", "401=400"),
        *("~400", "about 400", "400 or 401", "x ≠ 400", "y = 400", "9 = 400", "23 + 9 is 400"),
        *("the answer is not 400", "the answer is ~400", r"\not400", r"2\frac{800}{2}", "400!"),
    ),
    GCD: ("not 42", "gcd of 84 and 125 is 42", "lcm = 42", "42%"),
    "Find the gcd of 1,200 and 800": ("1", "200"),
    "Find the lcm of 1,200 and 8.": ("200", "gcd of 1,200 and 8 = 1,200"),
    "Find the gcd of 12,180 and 60": ("12", "gcd of 12, 180 and 60 = 60"),
    "Find the gcd of 1,200,8": ("8", "1"),
    "Simplify 1,200/800": ("1200/800", "1"),
    FRACTION: ("not 2/3", "4/6", "0.67", "2/3%", "-2/3"),
    LINEAR: (
        "not 9",
        "y = 9",
        "9%",
        "x = 9, y = 9",
        "x ≠ 9",
        "x > 9",
        "x = ±9",
        "9 or 10",
        "x = 8 = 9",
        "x = 9 is wrong",
    ),
    SQUARE: ("not 2, not -2", "2", "2 and 2.00", "±2.1", "2, -2, 3", "2, 4/2"),
    THIRDS: ("0.6667%", "0.7", "0.666", "1"),
    ROOTS: (
        *("x = 1.41, x = 1.41421", "sqrt(2), 2/sqrt(2)", "not sqrt(2), not -sqrt(2)"),
        *(r"\sqrt{2}", "y = √2, y = -√2"),
    ),
    "Solve 1000x = 1": ("0.00", "0.0"),
    "Solve 1000x=4": ("0.00",),
    "What is 2/3000?": ("0.00", "0.001", "0.0007"),
    "What is 1/1000 / 3": ("0.00", "0.0003"),
    "Solve 8x = 1": ("0.13",),
    "Solve 64x^2 = 1": ("0.13, -0.13",),
    "100 - 10%": ("99.9", "110"),
    "What is 2 + √16?": ("2", "not 6"),
    "What is √16 + 2?": ("8",),
    r"What is \sqrt{2}?": ("1.42", "1.5"),
    r"What is \sqrt{2}/10000000?": ("0", "0.00"),
    "What is €5 + €3?": ("$8",),
}
RIGHT = {
    SUM: (
        *("400", "$400", "$400$", "**400**", "400.00", "The answer is 400", "17 * 23 + 9 = 400"),
        *("391 + 9 = 400", "= 400", "the result is 400", r"\boxed{400}", r"$\boxed{400}$"),
        *("exactly 400", "400 USD", "4e2", "so it is 400", "`400`"),
    ),
    GCD: ("42", "gcd(84, 126) = 42", "The greatest common divisor of 84 and 126 is 42"),
    FRACTION: ("2/3", r"\frac{2}{3}", "84/126 = 2/3", r"$\frac{2}{3}$"),
    "Simplify 84/42": ("2", "2/1"),
    LINEAR: (
        "9",
        "x=9",
        "X = 9.0",
        "$x = 9$",
        "The solution is x = 9",
        "the value of x is 9",
        "x = 27 / 3 = 9",
    ),
    SQUARE: (
        *("±2", "x = ±2", "2, -2", "x = 2 or x = -2", "x = 2, -2", "{2, -2}", "x_1 = 2, x_2 = -2"),
        *(r"$x = \pm 2$", "$x = 2$ and $x = -2$", "x ∈ {-2, 2}", "x = −2, x = 2"),
    ),
    THIRDS: ("2/3", "0.67", "66.67%", "about 0.667", "≈ 0.667", "2/3 ≈ 0.667", r"\frac{2}{3}"),
    ROOTS: (
        *("x = 1.41, x = -1.41", "√2, -√2", "±√2", r"x = ±\sqrt{2}", "x ≈ 1.414, x ≈ -1.414"),
        "sqrt(2) and -sqrt(2)",
    ),
    GOLDEN: ("(1 ± √5)/2", r"\frac{1 \pm \sqrt{5}}{2}", "1.618, -0.618"),
    "Solve x^3 - x = 0": ("x = -1, 0, or 1",),
    "Solve x^4 - 4x^2 + 4 = 0": ("1.414, -1.414",),
    "Solve 9x^2=1": ("0.33, -0.33", "±1/3"),
    "Solve x - 1200 = 0": ("1,200",),
    "Find the gcd of 1,200 and 800": ("400", "gcd(1,200, 800) = 400"),
    "Find the gcd of 1,200, 800 and 12": ("4", "gcd of 1200, 800, and 12 = 4"),
    "Find the lcm of 1,200 and 8": ("1,200", "lcm(1200, 8) = 1200"),
    "Find the gcd of 12,180 and 60": ("60",),
    "Find the gcd of 12,18": ("6",),
    "Simplify 1,200/800": ("3/2",),
    "What is 2/3000?": ("0.00067",),
    "What is 5 - 9?": ("-4", "−4", "minus 4"),
    "What is $5.00 + $3.00?": ("$8", "8 dollars"),
    "What is 15% of (200 + 40)?": ("36",),
    "What is 1/2?": ("50%", "0.5"),
    "What is √16 + 2?": ("6",),
    r"What is \sqrt{8}?": ("2√2", "2.83"),
    "Compute 2^10": ("1,024",),
}


def status(prompt: str, answer: str) -> str:
    return EXPERT.verify(Task(prompt), [f"Answer: {answer}"], None).status


@pytest.mark.parametrize(("prompt", "answer"), [(p, a) for p, all_ in WRONG.items() for a in all_])
def test_what_changes_a_number_is_never_passed_over(prompt: str, answer: str) -> None:
    assert status(prompt, answer) != "ok"


@pytest.mark.parametrize(("prompt", "answer"), [(p, a) for p, all_ in RIGHT.items() for a in all_])
def test_a_right_answer_passes_in_each_usual_form(prompt: str, answer: str) -> None:
    assert status(prompt, answer) == "ok"


def test_a_percent_of_a_sum_has_two_readings_and_none_is_taken() -> None:
    assert status("100 - 10%", "90") == status("100 - 10%", "99.9") == "unverified"


def test_a_number_of_too_many_digits_is_not_read() -> None:
    digits = "9" * 5_000
    for prompt in (
        f"What is {digits} + 1?",
        f"Simplify {digits}/3",
        f"Find the gcd of {digits}, 4",
    ):
        assert status(prompt, digits) == "unverified"
    for answer in (digits, f"1/{digits}", f"{'9' * 500}/3", f"x = {'9' * 500}", "1e999", "1e-999"):
        assert status(SUM, answer) != "ok"
        assert status(LINEAR, answer) != "ok"


def test_votes_are_laxer_than_checks_but_not_over_a_denial() -> None:
    forms = ("$12", "12 dollars", "12.00", "12 apples", "about 12", "x = 12")
    assert {number_key(form) for form in forms} == {"12"}
    assert number_key("1,200") == number_key("1200")
    denied = ("not 12", "less than 12", "minus 12", "half of 12", "-(12)", "≠ 12", "!= 12")
    assert not any(number_key(form) == "12" for form in denied)
