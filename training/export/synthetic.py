"""Questions and answers that people or models made up, from a file or a folder of JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.export.errors import SyntheticMistakes
from training.export.lesson import Lesson, Message

SHOWN = 20  # mistakes
ROLES = ("system", "user", "assistant")


class _Mistake(Exception):
    """What is wrong with a line."""


def synthetic_files(path: Path) -> list[Path]:
    """The file, or the `*.jsonl` of the folder by name. Raises SyntheticMistakes."""
    found = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not found or not all(file.is_file() for file in found):
        raise SyntheticMistakes(f"{path} is neither a file nor a folder with files named *.jsonl.")
    return found


def require_sound(path: Path) -> int:
    """Reads every line once; returns how many there are. Raises SyntheticMistakes."""
    mistakes, count = [], 0
    for file in synthetic_files(path):
        for number, line in _lines(file):
            try:
                _lesson(line)
            except _Mistake as mistake:
                mistakes.append(f"{file.name}, line {number}: {mistake}")
            count += 1
            if len(mistakes) == SHOWN:
                raise SyntheticMistakes("\n".join([*mistakes, "There may be more."]))
    if mistakes:
        raise SyntheticMistakes("\n".join(mistakes))
    return count


def synthetic_lessons(path: Path) -> Iterator[Lesson]:
    """Those of files that `require_sound` has passed."""
    for file in synthetic_files(path):
        for _, line in _lines(file):
            yield _lesson(line)


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Without empty ones."""
    with file.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            if line.strip():
                yield number, line


def _lesson(line: bytes) -> Lesson:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _Mistake(f"it is no JSON: {error}") from None
    if not isinstance(said, dict):
        raise _Mistake("it is no object")
    if said.keys() == {"question", "answer"}:
        pair = (("user", said["question"]), ("assistant", said["answer"]))
        return Lesson(tuple(_message(role, text) for role, text in pair))
    if said.keys() == {"messages"} and isinstance(said["messages"], list):
        return Lesson(tuple(map(_of_object, said["messages"])))
    raise _Mistake('it is neither {"question", "answer"} nor {"messages": [...]}')


def _of_object(said: Any) -> Message:
    if not isinstance(said, dict) or said.keys() != {"role", "content"}:
        raise _Mistake('a message is {"role", "content"}')
    if said["role"] not in ROLES:
        raise _Mistake(f"a role is one of {', '.join(ROLES)}")
    return _message(said["role"], said["content"])


def _message(role: str, text: Any) -> Message:
    if not isinstance(text, str) or not text.strip():
        raise _Mistake(f"what the {role} says is no text, or empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Mistake(f"what the {role} says has half a character") from None
    return Message(role, text)
