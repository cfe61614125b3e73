"""Where the value ends that a name or an option has; the hook has a copy of it."""

import re

from trajectories.taps.secret_patterns import (
    BARE,
    OPENS,
    PAIRS,
    TO_END,
    TO_LINE_END,
    TO_QUOTE,
)

# --- Where a value ends ---------------------------------------------------------------------------

Span = tuple[int, int]


def value_at(text: str, at: int) -> tuple[Span, str]:
    """Where a value stands that begins here, and its quotes. Open ones run to the line's end."""
    opening = OPENS.match(text, at)
    if opening is None:
        return (at, at + _length(text[at : ends(BARE, text, at)])), ""
    quote, start = opening["quote"], opening.end()
    if len(quote) == 3:
        end = text.find(quote, start)
        return (start, end if end >= 0 else ends(TO_LINE_END, text, start)), quote
    escapes = len(opening["escaped"])
    if not escapes:
        return (start, ends(TO_END[quote], text, start)), quote
    end = start
    while True:
        end = ends(TO_QUOTE[quote], text, end)
        closing = escapes_before(text, end, escapes + 1)
        if closing <= escapes or text[end : end + 1] != quote:
            return (start, max(start, end - closing)), quote
        end += 1


def ends(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def escapes_before(text: str, end: int, most: int) -> int:
    count = 0
    while count < most and text[end - count - 1] == "\\":
        count += 1
    return count


def _length(bare: str) -> int:
    """Of a value without quotes, less what belongs to the sentence or the code around it."""
    end = len(bare.rstrip("\\"))
    unopened = {close: bare.count(close, 0, end) - bare.count(o, 0, end) for close, o in PAIRS}
    while end and (bare[end - 1] in ",;:" or unopened.get(bare[end - 1], 0) > 0):
        if bare[end - 1] in unopened:
            unopened[bare[end - 1]] -= 1
        end -= 1
    return end


# --- Where a value ends: until here ---------------------------------------------------------------
