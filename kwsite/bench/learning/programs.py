"""Families for the worker of code: a small function, with examples that it is run against."""

import inspect
import re
from collections.abc import Callable
from random import Random
from typing import Any

from kwsite.bench.learning import solutions
from kwsite.bench.learning.family import Family, Material

WORDINGS = (
    "Write a Python function {call} that {does}. {shown}",
    "Implement {call} in Python. It {does}. For example {shown}",
    "def {call}: complete this function. It {does}. {shown}",
    "I need a function {name} which {does}, so that {shown}",
)
OTHER = (
    "Please code up {name}: it {does}. Examples: {shown}",
    "Program {call}, which {does}. Tests: {shown}",
    "In Python, how do I write {call} when it {does}? {shown}",
)
_TEXTS = ("level", "hello world", "a green apple", "noon", "kernel", "sea and sky", "otto", "river")


def _number(random: Random) -> tuple[Any, ...]:
    return (random.randint(2, 12),)


def _text(random: Random) -> tuple[Any, ...]:
    return (random.choice(_TEXTS),)


def _numbers(random: Random) -> tuple[Any, ...]:
    return ([*random.sample(range(10), 3), random.randint(0, 9)],)


_KINDS: tuple[tuple[Callable[..., Any], str, Callable[[Random], tuple[Any, ...]], bool], ...] = (
    (solutions.double, "returns twice its number", _number, True),
    (solutions.is_even, "tells whether a number is even", _number, True),
    (solutions.reverse_text, "returns a text backwards", _text, True),
    (solutions.count_vowels, "counts the vowels of a text", _text, True),
    (solutions.largest, "finds the largest number of a list", _numbers, True),
    (solutions.second_largest, "finds the second largest number of a list", _numbers, True),
    (solutions.without_repeats, "removes repeated numbers from a list", _numbers, True),
    (solutions.factorial, "computes the factorial of n", _number, True),
    (solutions.fibonacci, "returns the n-th Fibonacci number", _number, True),
    (solutions.digit_sum, "adds up the digits of a number", _number, True),
    (solutions.is_palindrome, "tells whether a text is a palindrome", _text, True),
    (solutions.word_count, "counts the words of a text", _text, True),
    (solutions.squares, "lists the squares from 1 to n", _number, False),
    (solutions.capitalize_words, "writes each word with a capital", _text, False),
    (
        solutions.clamp,
        "keeps a value between two limits",
        lambda random: (random.randint(0, 20), 5, 15),
        False,
    ),
    (solutions.is_prime, "checks whether a number is prime", _number, False),
    (
        solutions.count_of,
        "counts how often a value is in a list",
        lambda random: (random.choices(range(4), k=5), 2),
        False,
    ),
    (
        solutions.flatten,
        "joins the lists of a list into one",
        lambda random: ([[random.randint(0, 9)], random.sample(range(9), 2)],),
        False,
    ),
    (solutions.to_binary, "writes a number in binary digits", _number, False),
    (
        solutions.rotate,
        "moves the first items of a list to its end",
        lambda random: (random.sample(range(9), 4), random.randint(1, 3)),
        False,
    ),
)


def _draw(
    function: Callable[..., Any], does: str, arguments: Callable[[Random], tuple[Any, ...]]
) -> Callable[[Random], Material]:
    name, signature = function.__name__, inspect.signature(function)
    source = re.sub(r"(?m)^def .*:$", f"def {name}({', '.join(signature.parameters)}):",
                    inspect.getsource(function), count=1)  # fmt: skip

    def draw(random: Random) -> Material:
        shown: dict[str, None] = {}
        while len(shown) < 2:
            given = arguments(random)
            said = ", ".join(map(repr, given))
            shown[f"{name}({said}) -> {function(*given)!r}"] = None
        slots = {
            "name": name,
            "call": f"{name}({', '.join(signature.parameters)})",
            "does": does,
            "shown": ", ".join(shown),
        }
        return Material(slots, f"```python\n{source}```")

    return draw


FAMILIES = tuple(
    Family(
        "code",
        function.__name__,
        _draw(function, does, arguments),
        WORDINGS if streamed else (),
        OTHER,
    )
    for function, does, arguments, streamed in _KINDS
)
