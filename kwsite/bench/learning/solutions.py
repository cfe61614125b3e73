"""Small functions that the queries for the worker of code ask for: each is its own right answer."""

from collections.abc import Sequence


def double(n: int) -> int:
    return 2 * n


def is_even(n: int) -> bool:
    return n % 2 == 0


def reverse_text(text: str) -> str:
    return text[::-1]


def count_vowels(text: str) -> int:
    return sum(letter in "aeiou" for letter in text.lower())


def largest(values: Sequence[int]) -> int:
    return max(values)


def second_largest(values: Sequence[int]) -> int:
    return sorted(set(values))[-2]


def without_repeats(values: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(values))


def factorial(n: int) -> int:
    return 1 if n < 2 else n * factorial(n - 1)


def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def digit_sum(n: int) -> int:
    return sum(int(digit) for digit in str(n))


def is_palindrome(text: str) -> bool:
    return text == text[::-1]


def word_count(text: str) -> int:
    return len(text.split())


def squares(n: int) -> list[int]:
    return [i * i for i in range(1, n + 1)]


def capitalize_words(text: str) -> str:
    return " ".join(word.capitalize() for word in text.split())


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, n))


def count_of(values: Sequence[int], value: int) -> int:
    return list(values).count(value)


def flatten(lists: Sequence[Sequence[int]]) -> list[int]:
    return [value for one in lists for value in one]


def to_binary(n: int) -> str:
    return bin(n)[2:]


def rotate(values: Sequence[int], by: int) -> list[int]:
    return [*values[by:], *values[:by]]
