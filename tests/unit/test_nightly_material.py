"""What a family is trained on and held to never asks the same."""

from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from training.export.chat_template import ChatTemplate
from training.export.conversation import Rules
from training.export.lesson import Lesson, Message, asked_text
from training.lora.dataset import read_dataset
from training.nightly.dataset import write_dataset
from training.nightly.material import HeldPrompt, Material, divide, held_prompts
from training.splits import is_held_out, query_digest

TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
RULES = Rules(ChatTemplate(TEMPLATE, frozenset({"<|im_end|>"})))


def lesson(prompt: str, answer: str = "yes", advantage: float = 0.4) -> Lesson:
    return Lesson((Message("user", prompt), Message("assistant", answer)), advantage)


@lru_cache(maxsize=1)
def prompts() -> tuple[list[str], list[str]]:
    """Of one template with other numbers: on the training side, and held out."""
    asked = [f"How many crates does order {n} need, please?" for n in range(200)]
    sides: tuple[list[str], list[str]] = ([], [])
    for one in asked:
        sides[is_held_out(query_digest(one))].append(one)
    return sides


def test_prompts_of_one_template_with_other_numbers_are_on_both_sides(tmp_path: Path) -> None:
    fit, out = prompts()
    found = divide([lesson(one) for one in [*fit, *out]], [], RULES)
    assert (len(found.train), len(found.valid)) == (len(fit), len(out))
    write_dataset(tmp_path / "data", found, seed=0)
    dataset = read_dataset(tmp_path / "data")  # which refuses what leaks
    assert (len(dataset.train), len(dataset.valid)) == (3 * len(fit), len(out))


def test_a_prompt_that_asks_in_other_words_what_is_held_out_is_left_out() -> None:
    fit, out = prompts()
    again = out[0].replace(", please?", " please")
    while is_held_out(query_digest(again)):
        again += " "
    lessons = [lesson(one) for one in fit[:5]] + [lesson(f"{out[0]} Please!")]
    held = [HeldPrompt(uuid4(), out[0])]
    sides = divide(lessons, held, RULES)
    asked = [asked_text(one.messages) for one in sides.train]
    assert asked == [text for text in asked if out[0] not in text]
    assert len(sides.train) + len(sides.valid) + sides.left_out.get("asks what is held out", 0) == 6


@pytest.mark.parametrize(
    "pair",
    [("Is it -{} degrees?", "Is it {} degrees?"), ("Is {} C a lot?", "Is {} C++ a lot?")],
    ids=["sign", "symbol"],
)
def test_what_a_trainer_takes_for_one_question_is_never_on_both_sides(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    kept, out = pair
    number = next(
        n
        for n in range(500)
        if is_held_out(query_digest(out.format(n)))
        and not is_held_out(query_digest(kept.format(n)))
    )
    fit, _ = prompts()
    lessons = [lesson(one) for one in (fit[0], kept.format(number), out.format(number))]
    write_dataset(tmp_path / "data", divide(lessons, [], RULES), seed=0)
    dataset = read_dataset(tmp_path / "data")  # which refuses what leaks
    assert (len(dataset.train), len(dataset.valid)) == (3, 1)


def test_of_a_prompt_that_was_answered_several_times_the_best_answer_is_learned() -> None:
    fit, _ = prompts()
    found = divide(
        [lesson(fit[0], "bad", 0.1), lesson(fit[0], "good", 0.9), lesson(fit[0], "fair", 0.3)],
        [],
        RULES,
    )
    assert [one.messages[-1].content for one in found.train] == ["good"]


def test_what_cannot_be_learned_from_is_counted() -> None:
    fit, _ = prompts()
    found = divide([lesson(fit[0], advantage=0.0), lesson(fit[1], "<|im_end|>")], [], RULES)
    assert found == Material(
        (), (), (), {"no advantage": 1, "a special token of the model inside a message": 1}
    )


def row(prompt: str, output: str = "x", **said: Any) -> Any:
    fields = {"said": None, "right": None, "conditions": [], **said}
    request = {"contract": {"conditions": fields["conditions"]}}
    run = SimpleNamespace(pk=uuid4(), request=request)
    return SimpleNamespace(
        prompt=prompt,
        output_text=output,
        said=fields["said"],
        right=fields["right"],
        answered_run=run,
    )


def test_a_held_out_prompt_needs_somebody_who_knows_what_is_right() -> None:
    fit, out = prompts()
    rows = [
        row(out[0]),
        row(out[1], "wrong", said=False),
        row(out[2], "good", said=True),
        row(out[3], "bad", said=False, right="better"),
        row(out[4], conditions=[{"kind": "cel"}]),
        row(fit[0], "good", said=True),
    ]
    found = held_prompts(rows, 10)
    assert [(one.prompt, one.right, one.wrong) for one in found] == [
        (out[2], ("good",), ()),
        (out[3], ("better",), ("bad",)),
        (out[4], (), ()),
    ]
    assert [one.conditions for one in found] == [0, 0, 1]
    assert held_prompts(rows, 1) == found[:1]


def test_what_was_said_of_several_answers_to_a_prompt_is_kept_together() -> None:
    _, out = prompts()
    rows = [row(out[0], "a", said=False), row(out[0].upper(), "b", said=True), row(out[0], "a")]
    (found,) = held_prompts(rows, 10)
    assert (found.right, found.wrong) == (("b",), ("a",))


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_material_makes_equal_files(tmp_path: Path, seed: int) -> None:
    fit, out = prompts()
    found = divide([lesson(one) for one in [*fit[:20], *out[:4]]], [], RULES)
    for name in ("one", "other"):
        write_dataset(tmp_path / name, found, seed=seed)
    one, other = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
        for name in ("one", "other")
    )
    assert one == other
