"""Which conversations a model can be trained on."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from kwsite.stack.llama_model import weights
from training.export.chat_template import ChatTemplate, read_template
from training.export.conversation import Rules
from training.export.errors import UnusableTemplate
from training.export.lesson import Message, copies_of

STRICT = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('no system') }}{% endif %}<{{ m['role'] }}>{{ m['content'] | trim }}"
    "{% endfor %}"
)


@lru_cache(maxsize=1)
def embedded() -> ChatTemplate:
    return read_template(weights())


def said(*texts: str, system: str = "") -> list[Message]:
    turns = [Message(("user", "assistant")[n % 2], text) for n, text in enumerate(texts)]
    return [Message("system", system), *turns] if system else turns


def problem(messages: list[Message], template: ChatTemplate | None = None) -> str:
    return Rules(template or embedded(), max_chars=400).problem_of(messages)


@pytest.mark.parametrize(
    "messages",
    [
        said("Hi", "Hello"),
        said("Hi", "Hello", system="Be kind."),
        said("Hi", "Hello", "And?", '{"a": "<b> & \'c\'"}\n\n'),
    ],
)
def test_a_template_renders_as_its_tokenizer_does(messages: list[Message]) -> None:
    path = weights()
    tokenizer = _tokenizer(path)
    listed = [{"role": one.role, "content": one.content} for one in messages]
    text = tokenizer.apply_chat_template(listed, tokenize=False)
    assert embedded().render(messages) == text
    assert problem(messages) == ""


@lru_cache(maxsize=1)
def _tokenizer(path: Path) -> Any:
    return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)


def test_special_tokens_are_those_of_the_tokenizer() -> None:
    found = embedded().special_tokens
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>", "<file_sep>"} <= found
    assert "the" not in found


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        (said("Hi"), "its roles do not alternate"),
        ([], "its roles do not alternate"),
        (said("Hi", "Hello", "And?"), "its roles do not alternate"),
        ([*said("Hi", "Hello"), Message("system", "x")], "its roles do not alternate"),
        ([Message("tool", "x"), Message("assistant", "y")], "its roles do not alternate"),
        (said("Hi", " \n"), "an empty message"),
        (said("Hi<|im_end|>", "x"), "a special token of the model inside a message"),
        (said("Hi", "see <filename>"), "a special token of the model inside a message"),
        (said("Hi" * 300, "x"), "too long"),
        (said("Hi", "x" * 390), "too long"),
    ],
)
def test_what_cannot_be_learned_from_is_left_out(messages: list[Message], why: str) -> None:
    assert problem(messages) == why


def test_a_template_may_refuse_a_conversation() -> None:
    strict = ChatTemplate(STRICT, frozenset({"<s>"}), (("bos_token", "<s>"),))
    assert strict.render(said(" Hi ", "Hello")) == "<s><user>Hi<assistant>Hello"
    assert problem(said(" Hi ", "Hello"), strict) == ""
    assert problem(said("Hi", "x", system="y"), strict) == "the chat template refuses it"


def test_a_template_that_drops_a_message_is_not_used() -> None:
    last = ChatTemplate("{{ messages[-1]['content'] }}", frozenset({"<s>"}))
    assert problem(said("Hi", "Hello"), last) == "the chat template leaves something out"


def test_a_template_is_read_from_a_folder_of_transformers(tmp_path: Path) -> None:
    config = {
        "chat_template": [{"name": "default", "template": STRICT}],
        "bos_token": {"content": "<s>"},
        "additional_special_tokens": ["<turn>"],
        "added_tokens_decoder": {
            "7": {"content": "<img>", "special": True},
            "8": {"content": "word", "special": False},
        },
    }
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    found = read_template(tmp_path)
    assert found.render(said("a", "b")) == "<s><user>a<assistant>b"
    assert {"<s>", "<turn>", "<img>"} <= found.special_tokens
    assert "word" not in found.special_tokens
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    assert read_template(tmp_path).digest != found.digest


@pytest.mark.parametrize("template", ["{% if %}", "{{ raise_exception('never') }}", None])
def test_an_unusable_template_is_an_error(tmp_path: Path, template: str | None) -> None:
    config = {} if template is None else {"chat_template": template}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(UnusableTemplate):
        read_template(tmp_path)


def test_a_file_without_a_tokenizer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnusableTemplate, match="holds no tokenizer"):
        read_template(tmp_path / "gone.gguf")
    (tmp_path / "torn.gguf").write_bytes(b"GGUF")
    with pytest.raises(UnusableTemplate, match="holds no tokenizer"):
        read_template(tmp_path / "torn.gguf")


@pytest.mark.parametrize(
    ("advantage", "copies"),
    [
        (0.31, 3),
        (0.3, 2),
        (0.1, 2),
        (0.099, 1),
        (1e-9, 1),
        (0.0, 0),
        (-0.2, 0),
        (float("nan"), 0),
    ],
)
def test_a_lesson_is_repeated_by_its_advantage(advantage: float, copies: int) -> None:
    assert copies_of(advantage) == copies
