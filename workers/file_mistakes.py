"""What is wrong in a file that people write: one line a mistake, with its place."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MOST_CHARS = 300
EXPECTED = {
    "missing": "it is missing",
    "extra_forbidden": "nothing of this name is expected",
    "dict_type": "an object is expected",
    "model_type": "an object is expected",
    "model_attributes_type": "an object is expected",
    "string_type": "text is expected",
    "tuple_type": "a list is expected",
    "list_type": "a list is expected",
}


def mistakes(error: ValidationError, data: Any) -> list[str]:
    """Lines such as `samples[0].prompt: text is expected`; `data` is what the file holds."""
    at: dict[str, list[str]] = {}
    for details in error.errors(include_url=False):
        said = at.setdefault(_place(details, data), [])
        if (expected := _expected(details)) not in said:
            said.append(expected)
    return [f"{place or 'the file'}: {', or '.join(said)}" for place, said in at.items()]


def _expected(details: ErrorDetails) -> str:
    if details["type"] == "union_tag_not_found":
        return f"{details['ctx']['discriminator']} is missing"
    if details["type"] == "union_tag_invalid":
        return f"{details['ctx']['discriminator']} must be one of {details['ctx']['expected_tags']}"
    said = EXPECTED.get(details["type"], details["msg"].removeprefix("Value error, "))
    line = " ".join(said.split())
    return line if len(line) <= MOST_CHARS else f"{line[:MOST_CHARS]}…"


def _place(details: ErrorDetails, data: Any) -> str:
    """As in `samples[0].output`: without the branches of unions, which the file does not name."""
    place, at, branch_named = "", data, False
    for step in details["loc"]:
        if not branch_named and isinstance(at, dict) and at.get("kind") == step:
            branch_named = True
        elif isinstance(at, list) and isinstance(step, int):
            place, at, branch_named = f"{place}[{step}]", at[step], False
        elif isinstance(at, dict) and step in at:
            place, at, branch_named = f"{place}.{step}", at[step], False
    if details["type"] == "missing":
        place += f".{details['loc'][-1]}"
    return place.removeprefix(".")
