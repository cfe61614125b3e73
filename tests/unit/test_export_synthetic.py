"""Synthetic questions are read line by line, and mistakes are told with their lines."""

from pathlib import Path

import pytest

from training.export.errors import SyntheticMistakes
from training.export.synthetic import require_sound, synthetic_lessons

SOUND = """\
{"question": "Who wrote Emma?", "answer": "Jane Austen."}

{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, \
{"role": "assistant", "content": "Hello"}]}
"""


def written(folder: Path, text: str, name: str = "qa.jsonl") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_pairs_and_messages_become_lessons_that_are_learned_once(tmp_path: Path) -> None:
    file = written(tmp_path, SOUND)
    assert require_sound(file) == 2
    pair, chat = synthetic_lessons(file)
    assert [one.role for one in pair.messages] == ["user", "assistant"]
    assert [one.content for one in chat.messages] == ["Be brief.", "Hi", "Hello"]
    assert (pair.copies, pair.domain, pair.advantage) == (1, "synthetic", None)


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    written(tmp_path, '{"question": "2", "answer": "b"}', "b.jsonl")
    written(tmp_path, '{"question": "1", "answer": "a"}', "a.jsonl")
    written(tmp_path, "not read", "notes.txt")
    assert require_sound(tmp_path) == 2
    assert [one.messages[0].content for one in synthetic_lessons(tmp_path)] == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "it is no JSON"),
        ("[1]", "it is no object"),
        ('{"question": "a"}', "it is neither"),
        ('{"question": "a", "answer": "b", "more": 1}', "it is neither"),
        ('{"question": "a", "answer": " "}', "what the assistant says is no text, or empty"),
        ('{"question": 1, "answer": "b"}', "what the user says is no text, or empty"),
        (r'{"question": "\ud800", "answer": "b"}', "what the user says has half a character"),
        ('{"messages": [{"role": "user"}]}', "a message is"),
        ('{"messages": [{"role": "tool", "content": "x"}]}', "a role is one of"),
        ("[" * 100_000, "it is no JSON"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(SyntheticMistakes, match=rf"qa.jsonl, line 4: {why}"):
        require_sound(written(tmp_path, SOUND + line))


def test_only_the_first_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(SyntheticMistakes) as caught:
        require_sound(written(tmp_path, "x\n" * 100))
    assert len(caught.value.detail.splitlines()) == 21


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SyntheticMistakes, match="neither a file nor a folder"):
        require_sound(tmp_path / "gone.jsonl")
    with pytest.raises(SyntheticMistakes, match="neither a file nor a folder"):
        require_sound(tmp_path)
