"""Which datasets are trained on, and which of their tokens."""

import json
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import byte_tokenizer, conversation, write_dataset
from training.export.lesson import Message
from training.lora.batches import batches
from training.lora.dataset import Conversation, read_dataset
from training.lora.tokens import tokenize, tokens_of
from training.lora.trainer import (
    BadDataset,
    BadWeights,
    EmptyDataset,
    LeakingDataset,
    TrainingFailed,
)

LONG = "Please read this invoice carefully and tell me the total amount in euros with VAT"


def test_a_sound_dataset_is_read_and_its_digest_is_of_its_lines(tmp_path: Path) -> None:
    one = read_dataset(write_dataset(tmp_path / "a"))
    assert (len(one.train), len(one.valid)) == (8, 2)
    assert one.train[0] == (Message("user", "say red"), Message("assistant", "RED"))
    assert read_dataset(write_dataset(tmp_path / "b")).digest == one.digest
    other = write_dataset(tmp_path / "c", train=[conversation("say red", "red")])
    assert read_dataset(other).digest != one.digest


@pytest.mark.parametrize("side", ["train", "valid"])
def test_an_empty_side_is_refused(tmp_path: Path, side: str) -> None:
    with pytest.raises(EmptyDataset, match=rf"{side}\.jsonl is empty"):
        read_dataset(write_dataset(tmp_path, **{side: []}))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    (write_dataset(tmp_path) / "valid.jsonl").unlink()
    with pytest.raises(BadDataset, match=r"valid\.jsonl cannot be read"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        "{}",
        '{"messages": "x"}',
        '{"messages": []}',
        '{"messages": [{"role": "user"}]}',
        '{"messages": [{"role": "user", "content": "a"}]}',
        '{"messages": [{"role": "assistant", "content": "a"}]}',
        '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": " "}]}',
        "[" * 100_000,
    ],
)
def test_a_line_that_nobody_can_learn_from_is_named(tmp_path: Path, line: str) -> None:
    folder = write_dataset(tmp_path)
    with (folder / "train.jsonl").open("a") as opened:
        opened.write(f"{line}\n")
    with pytest.raises(BadDataset, match=r"Line 9 of train\.jsonl"):
        read_dataset(folder)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path)
    (folder / "train.jsonl").write_bytes(b'{"messages": "\xff"}\n')
    with pytest.raises(BadDataset, match=r"Line 1 of train\.jsonl"):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("trained", "validated"),
    [
        ("say red", "say red"),
        ("Say  RED", "say red"),
        (LONG, f"{LONG} today"),
        ("What is the capital of France?", "What's France's capital?"),
    ],
)
def test_a_validation_question_that_is_trained_on_is_a_leak(
    tmp_path: Path, trained: str, validated: str
) -> None:
    """An equal one, a near-duplicate, and one that asks the same in other words."""
    train = [conversation("something else entirely", "x"), conversation(trained, "y")]
    valid = [conversation("what nobody asked before", "x"), conversation(validated, "other")]
    found = r"1 of 2 .* line 2 of valid, or a near-duplicate, is in line 2 of train"
    with pytest.raises(LeakingDataset, match=found):
        read_dataset(write_dataset(tmp_path, train, valid))


def test_questions_of_one_form_with_other_contents_are_no_leak(tmp_path: Path) -> None:
    train = [conversation(f"Convert {n} miles to metres, please", str(n)) for n in range(9)]
    valid = [conversation("Convert 23 miles to metres, please", "x")]
    assert read_dataset(write_dataset(tmp_path, train, valid)).valid


def test_what_the_export_took_to_be_apart_is_apart(tmp_path: Path) -> None:
    """The manifest says at which similarity it divided."""
    folder = write_dataset(
        tmp_path, [conversation(LONG, "x")], [conversation(f"{LONG} today", "y")]
    )
    with pytest.raises(LeakingDataset):
        read_dataset(folder)
    (folder / "manifest.json").write_text(json.dumps({"options": {"similarity": 0.99}}))
    assert read_dataset(folder).train
    (folder / "manifest.json").write_text("{")
    with pytest.raises(BadDataset, match="manifest"):
        read_dataset(folder)


def said(*turns: str, system: str = "") -> Conversation:
    roles = ["user", "assistant"] * len(turns)
    first = (Message("system", system),) if system else ()
    return (*first, *(Message(role, text) for role, text in zip(roles, turns, strict=False)))


def learned(conversation: Conversation, tokenizer: Any) -> str:
    tokens = tokens_of(conversation, tokenizer)
    taken = [one for one, is_learned in zip(tokens.ids, tokens.learned, strict=True) if is_learned]
    return str(tokenizer.decode(taken))


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        (said("Hi", "Hello"), "Hello<|im_end|>"),
        (said("Hi", "Hello", system="Be kind."), "Hello<|im_end|>"),
        (said("Hi", "Hello", "And?", "Bye"), "Hello<|im_end|>Bye<|im_end|>"),
        (said("Hi", '\n{"a": 1}\n'), '\n{"a": 1}\n<|im_end|>'),
    ],
)
def test_what_the_assistant_writes_is_learned_with_its_end(
    conversation: Conversation, expected: str
) -> None:
    assert learned(conversation, byte_tokenizer()) == expected


def test_the_model_is_asked_as_it_is_at_inference() -> None:
    """The learned tokens follow those that a server puts before the answer."""
    tokenizer: Any = byte_tokenizer()
    one = said("Hi", "Hello", system="Be kind.")
    tokens = tokens_of(one, tokenizer)
    listed = [{"role": each.role, "content": each.content} for each in one[:-1]]
    asked = tokenizer.apply_chat_template(listed, tokenize=True, add_generation_prompt=True)
    start = tokens.learned.index(True)
    assert list(tokens.ids[:start]) == list(asked["input_ids"])
    assert tokens.labels[:start] == [-100] * start
    assert tokens.labels[start:] == list(tokens.ids[start:])


def test_long_conversations_are_cut_and_those_without_an_answer_left_out() -> None:
    tokenizer = byte_tokenizer()
    found = tokenize(
        [said("a", "b" * 50), said("a" * 80, "b"), said("a", "b")], tokenizer, length=50, side="x"
    )
    assert len(found.items[0].ids) == 50
    assert (len(found.items), found.cut, found.left_out) == (2, 2, 1)
    with pytest.raises(EmptyDataset, match="No answer of valid is within 20 tokens"):
        tokenize([said("a" * 80, "b")], tokenizer, length=20, side="valid")


@pytest.mark.parametrize("template", ["", "{{ raise_exception('no') }}", "{% if %}"])
def test_a_chat_template_that_fails_is_the_weights_fault(template: str) -> None:
    with pytest.raises(BadWeights, match="chat template"):
        tokenize([said("a", "b")], byte_tokenizer(template), length=50, side="x")


def test_every_conversation_is_seen_once_before_any_is_seen_again() -> None:
    found = list(batches(7, seed=1, size=3, iterations=7))
    places = list(chain.from_iterable(found))
    assert all(sorted(places[n : n + 7]) == list(range(7)) for n in range(0, 21, 7))
    assert places[:7] != places[7:14]
    assert list(batches(7, seed=1, size=3, iterations=7, begin=4)) == found[4:]
    assert list(islice(batches(7, seed=2, size=3, iterations=7), 3)) != found[:3]


def test_each_reason_says_itself() -> None:
    for kind in (EmptyDataset, BadDataset, LeakingDataset):
        assert issubclass(kind, TrainingFailed)
        assert kind().detail == kind.__doc__
