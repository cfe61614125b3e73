"""Reading one prompt as two requests about the same material."""

import pytest

from kernels.splitting import MAX_SPLITS, Split, splits

TEXT = "Ann wrote to Bo and to Cy: see ann@a.org."


def test_both_parts_keep_the_material() -> None:
    found = splits(f"Suggest a title and list the names: {TEXT}")
    assert found[0] == Split(f"Suggest a title: {TEXT}", f"List the names: {TEXT}")


def test_a_part_without_a_verb_may_have_the_one_before() -> None:
    found = splits(f"Extract the emails and the dates:\n{TEXT}")
    assert Split(f"Extract the emails:\n{TEXT}", f"Extract the dates:\n{TEXT}") in found


@pytest.mark.parametrize(
    "asked",
    ["Find the dates in this text. List the names", "Find the dates; list the names in this text"],
)
def test_what_one_part_is_about_the_other_is_about(asked: str) -> None:
    first = splits(f"{asked}: {TEXT}")[0]
    assert first.first == f"Find the dates in this text: {TEXT}"
    assert first.second == f"List the names in this text: {TEXT}"


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Suggest a title and list the names.",
        f"Suggest a title: {TEXT}",
        f"Summarize the text and then suggest a title: {TEXT}",
        "and : x",
        f"{'a and b ' * 100}: {TEXT}",
    ],
)
def test_what_cannot_be_read_so_is_left_alone(prompt: str) -> None:
    assert splits(prompt) == []


def test_there_are_few_ways() -> None:
    assert len(splits("a and b and c and d and e: x")) == MAX_SPLITS
