"""Examples in a prompt are what it wants of code, read whole or not at all."""

import time

import pytest

from tests.code_trial import DOUBLE, LATEST_S, verified
from workers.experts.code_blocks import last_code
from workers.experts.prompt_examples import examples_in


def test_a_prompt_of_very_many_examples_gives_the_first_of_them_soon() -> None:
    started = time.perf_counter()
    assert examples_in("Write f. " + "f(1) -> 2, " * 9_000) == "assert (f(1)) == (2)"
    many = examples_in("".join(f"f({n}) -> {n}, " for n in range(9_000)))
    assert many.splitlines() == [f"assert (f({n})) == ({n})" for n in range(20)]
    for odd in ("f(1) -> x, ", "f(1) -> [, ", "f(", "f(((1))) ", ">>> f(1)\n[1\n", "```"):
        examples_in("Write f. " + odd * 9_000)
        last_code((odd * 9_000,))
    assert time.perf_counter() - started < LATEST_S


def test_a_value_that_is_longer_than_is_read_is_no_example() -> None:
    assert examples_in(f"f(1) -> {'9' * 5_000}") == ""
    assert examples_in(f"f(1) -> {'9' * 500}") == f"assert (f(1)) == ({'9' * 500})"


def test_examples_in_the_prompt_decide_where_no_tests_are_given() -> None:
    prompt = "Write double(x): double(2) -> 4 and double(0) -> 0."
    assert verified(DOUBLE, prompt=prompt).status == "ok"
    assert verified(DOUBLE.replace("2 *", "3 *"), prompt=prompt).status == "failed"
    assert verified(DOUBLE).status == "unverified"


@pytest.mark.parametrize(
    ("prompt", "tests"),
    [
        (
            "is_prime(7) -> True and is_prime(8) -> False.",
            "assert (is_prime(7)) == (True)\nassert (is_prime(8)) == (False)",
        ),
        (">>> f('a')\n'aa'", "assert (f('a')) == ('aa')"),
        ('`rev("ab")` returns `"ba"`.', 'assert (rev("ab")) == ("ba")'),
        ("so that fib(10) == 55", "assert (fib(10)) == (55)"),
        ("f([1, 2], k=3) => [3, 6]", "assert (f([1, 2], k=3)) == ([3, 6])"),
        ("It must pass: assert f(1) == 2", "assert (f(1)) == (2)"),
        ("f(2) is 4, f(3) is 9.", "assert (f(2)) == (4)\nassert (f(3)) == (9)"),
        ("price(3) -> 1,000,000", "assert (price(3)) == (1000000)"),
        ("pop('Bonn') gives 330,000.", "assert (pop('Bonn')) == (330000)"),
        ("t(1) -> -12,034, t(2) -> 7", "assert (t(1)) == (-12034)\nassert (t(2)) == (7)"),
        ("f(1) -> 1, 2", "assert (f(1)) == (1, 2)"),
        ("f(1) -> [1,2]", "assert (f(1)) == ([1,2])"),
        ("f(1)->2,f(2)-> 3", "assert (f(2)) == (3)"),
        ("f(1) -> 4. Then", "assert (f(1)) == (4)"),
        ("half(5) -> 2.5 (a float)", ""),
        ("price(2) returns 9.99 dollars", ""),
        ("pop('Bonn') gives 330,000 people", ""),
        ("mean([1, 2]) is 1.5 on average", ""),
        ("f(1) -> 100,200", ""),  # a number, or two
        ("f(1) -> 1,5", ""),
        ("f(1) -> [1,000, 2]", ""),
        ("f(1,000) -> 2", ""),
        ("time(90) -> 1:30", ""),
        ("if f(2) is 4, stop", ""),
        ("f(2) -> 4, f(2) -> 5", ""),  # which?
        ("def f(x) -> int: double it", ""),
        ("f(x) -> 4", ""),
        ("print(2) -> 2", ""),
        ("fib(10) is large", ""),
    ],
)
def test_examples_are_read_from_prompts(prompt: str, tests: str) -> None:
    assert examples_in(prompt) == tests


@pytest.mark.parametrize(
    ("prompt", "tests"),
    [
        ("Fix this code: def add(a, b): return a - b\n>>> add(2, 3)\n-1", ""),
        ("Fix this code:\nadd(2, 3) returns -1 instead of 5", ""),
        ("Why is add(2, 3) == -1, and not 5? Fix it.", ""),
        ("Currently f(3) gives 4. I expect f(3) to give 9.", "assert (f(3)) == (9)"),
        ("Buggy: f(2) returns 5. Fix it so that f(2) returns 4.", "assert (f(2)) == (4)"),
        (
            "f(1) is 7, which is wrong. It must be fixed such that f(2) -> 4 and f(3) -> 9.",
            "assert (f(2)) == (4)\nassert (f(3)) == (9)",
        ),
        ("The current wrong code gives f(2) -> 5 but it should give 4. Fix f.", ""),
        ("f(2) returns 5 but should return 4.", ""),
        ("f(2) should return 4 but returns 5.", "assert (f(2)) == (4)"),
        ("My code prints\n>>> f(2)\n5\nbut I want 4", ""),
        ("This fails:\nassert f(3) == 4\nbut f(3) is 5", ""),
        ("Fix f. These must pass:\nassert f(3) == 4\nassert f(4) == 5", None),
        ("I did not expect f(2) == 5.", ""),
    ],
)
def test_what_is_called_a_fault_is_no_example(prompt: str, tests: str | None) -> None:
    expected = "assert f(3) == 4\nassert f(4) == 5" if tests is None else tests
    found = examples_in(prompt)
    if tests is None:
        assert set(expected.splitlines()) <= set(found.splitlines())
    else:
        assert found == expected


def test_an_example_with_a_fraction_allows_for_rounding() -> None:
    third = "def third(x):\n    return x / 3"
    assert verified(third, prompt="third(1) -> 0.333333333").status == "ok"
    assert verified(third, prompt="third(1) -> 0.34").status == "failed"
