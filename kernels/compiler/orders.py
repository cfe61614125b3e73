"""Orders that lists may be meant to be in and that no expression of a binding gives."""

import re
from collections.abc import Callable, Sequence
from typing import Any

_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{2,4})")


def in_order_of_dates(lists: Sequence[list[Any]]) -> bool:
    """Whether all lists of two or more are written dates by time, which is not by letters."""
    return _all_fit(lists, [_by(_day_first), _by(_month_first)])


def in_other_order(lists: Sequence[list[Any]]) -> bool:
    """Whether all lists of two or more are falling, or in order but for small letters.

    Whoever asked may have meant that order, or the prompts happened to be in it: the samples do
    not tell.
    """
    return _all_fit(lists, [_falls, _by(str.casefold)])


def _all_fit(lists: Sequence[list[Any]], orders: Sequence[Callable[[Sequence[Any]], bool]]) -> bool:
    longer = [one for one in lists if len(one) > 1]
    return bool(longer) and any(all(map(fits, longer)) for fits in orders)


def _falls(values: Sequence[Any]) -> bool:
    return _comparable(values) and list(values) == sorted(values, reverse=True)


def _comparable(values: Sequence[Any]) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return numbers or all(isinstance(v, str) for v in values)


def _by(key: Callable[[str], Any]) -> Callable[[Sequence[Any]], bool]:
    def fits(values: Sequence[Any]) -> bool:
        if not all(isinstance(value, str) for value in values):
            return False
        keys = [key(value) for value in values]
        return None not in keys and (keys == sorted(keys) or keys == sorted(keys, reverse=True))

    return fits


def _day_first(text: str) -> tuple[int, int, int] | None:
    match = _DATE.fullmatch(text)
    return (int(match[3]), int(match[2]), int(match[1])) if match else None


def _month_first(text: str) -> tuple[int, int, int] | None:
    match = _DATE.fullmatch(text)
    return (int(match[3]), int(match[1]), int(match[2])) if match else None
