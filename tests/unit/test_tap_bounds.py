"""What agents send is kept within bounds, and what was cut is recorded."""

import json
from typing import Any

from trajectories.taps.bounds import CUT, MOST_DEPTH, MOST_ITEMS, bounded, bounded_text
from trajectories.taps.values import EVENT_TEXT_CHARS, clean_payload, clean_text


def test_a_short_text_is_untouched_and_a_long_one_says_what_is_gone() -> None:
    assert bounded_text("abc", 3) == ("abc", 0)
    assert bounded_text("abcdef", 4) == (f"abcd{CUT}", 2)


def test_texts_are_cut_alone_and_together() -> None:
    value = {"a": "x" * 10, "b": ["y" * 10, "z" * 10], "n": 1}
    kept, cut = bounded(value, text=8, total=21)
    assert kept["a"] == "x" * 8 + CUT
    assert kept["n"] == 1
    assert cut["a"] == 2
    assert cut == {"a": 2, "b.0": 2, "b.1": 10}  # names count as well


def test_long_lists_and_deep_nesting_are_cut() -> None:
    kept, cut = bounded({"l": list(range(MOST_ITEMS + 5))}, text=10, total=100)
    assert len(kept["l"]) == MOST_ITEMS
    assert cut == {"l[]": 5}
    deep: Any = []
    for _ in range(MOST_DEPTH + 5):
        deep = [deep]
    _, cut = bounded(deep, text=10, total=100)
    assert len(cut) == 1


def test_names_and_numbers_are_bounded_together_as_well() -> None:
    many = {f"{one:0200}": {f"{two:0200}": 1 for two in range(200)} for one in range(45)}
    kept, cut = bounded(many, text=4000, total=16_000)
    assert len(json.dumps(kept)) + len(json.dumps(cut)) < 40_000
    assert cut


def test_a_payload_says_what_was_cut_and_redacted() -> None:
    clean = clean_payload({"output": "x" * (EVENT_TEXT_CHARS + 7), "parameters": {"token": "abc"}})
    assert clean["cut"] == {"output": 7}
    assert clean["redacted"] == 1
    assert clean["parameters"] == {"token": "[redacted]"}


def test_a_very_long_text_in_a_payload_is_read_in_part_and_cut_by_what_is_gone() -> None:
    clean = clean_payload({"output": " --token" * 100_000})
    assert clean["cut"] == {"output": 800_000 - EVENT_TEXT_CHARS}
    assert len(clean["output"]) == EVENT_TEXT_CHARS + len(CUT)


def test_what_was_taken_out_before_counts_as_well() -> None:
    assert clean_text("a [redacted] b, password=hunter2", 100)[1] == 2
    assert clean_payload({"parameters": {"token": "[redacted]"}})["redacted"] == 1


def test_of_a_very_long_text_no_half_of_a_word_is_read() -> None:
    secrets = "password=" + "y1" * 45 + " "
    kept, taken, gone = clean_text(secrets * 10 + "ghp_" + "a1B2" * 10, 255)
    assert (taken, "a1B2" in kept) == (10, False)
    assert gone > 0


def test_a_secret_across_the_bound_leaves_no_half() -> None:
    secret = "ghp_" + "a1B2" * 10
    kept, taken, _ = clean_text("y1" * 45 + " " + secret, 100)
    assert taken == 1
    assert "a1B2" not in kept
