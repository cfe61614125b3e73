"""Reading a prompt as two requests that were joined, each with a text of its own."""

import pytest

from kernels.joined_requests import joined_requests
from kernels.library.reading import labelled_prompts, starters

TICKET = "Sort this ticket: the parcel is lost."
LENGTH = "Convert 7 km to m."


@pytest.mark.parametrize(
    "prompt",
    [
        f"{TICKET} Also, convert 7 km to m.",
        f"{TICKET} Then convert 7 km to m.",
        f"{TICKET} And then convert 7 km to m.",
        f"{TICKET}\n\nAlso: {LENGTH}",
        f"{TICKET}\nafter that, convert 7 km to m.",
        f"First, sort this ticket: the parcel is lost. Then, {LENGTH}",
        f"Please do two things. First: {TICKET}\nSecond: {LENGTH}",
        f"1. {TICKET}\n2. {LENGTH}",
        f"Two things:\n- {TICKET}\n- {LENGTH}",
        f"{TICKET} And how many m are 7 km?",
    ],
)
def test_a_second_request_is_announced_in_many_ways(prompt: str) -> None:
    (found,) = joined_requests(prompt)
    assert found[0] == TICKET
    assert found[1] in (LENGTH, "How many m are 7 km?")


def test_and_joins_two_requests_that_are_complete() -> None:
    joined = joined_requests("Convert 7 km to m, and sort this ticket: the parcel is lost.")
    assert joined == [("Convert 7 km to m", TICKET)]
    assert joined_requests("Extract the dates, and sort the names: Ann, Bo, 2024-01-01") == []


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Also: convert 7 km to m.",
        "Summarize this text: the mayor spoke. Then the vote was held.",
        "Sort this ticket: I called you. Then nobody came, and I called again.",
        "Write a function that sorts a list. Then explain it.",
        "Convert 7 km to m. Also, give the result in miles.",
        'Translate: "Open the door. Then close the window."',
        "Translate this:\nThen give me a hand",
        "Which list is longer? First: red, green. Second: red, green, blue.",
        "Consider these statements:\n1. All cats are pets\n2. No pets are loud\n\nDoes it follow?",
        "Summarize the notes:\n- convert the file\n- sort the names",
    ],
)
def test_one_request_is_left_alone(prompt: str) -> None:
    assert joined_requests(prompt) == []


def test_no_prompt_for_one_starter_is_read_as_two() -> None:
    examples = [example.prompt for starter in starters() for example in starter.examples]
    fitting = [one.prompt for one in labelled_prompts() if one.kernel]
    assert [prompt for prompt in (*examples, *fitting) if joined_requests(prompt)] == []
