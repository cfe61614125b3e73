"""Word problems with a number for an answer, one JSON object a line, in the form of GSM8K."""

import json
from dataclasses import dataclass
from pathlib import Path

from kwsite.bench.routing_data import UnusableData

MARK = "####"  # stands before the answer


@dataclass(frozen=True)
class Question:
    """A problem and the number that answers it."""

    text: str
    gold: str


def read_questions(path: Path) -> list[Question]:
    """All of a file, in its order. Raises UnusableData with the line that is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableData(f"{path} cannot be read: {error}") from error
    found = [_question(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise UnusableData(f"{path} has no questions.")
    return found


def _question(path: Path, number: int, line: str) -> Question:
    try:
        said = json.loads(line)
        text, answer = said["question"], said["answer"]
        _, marked, gold = answer.rpartition(MARK)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableData(
            f'{path}, line {number} is no {{"question", "answer"}} of texts.'
        ) from error
    if not marked or not gold.strip() or not isinstance(text, str):
        raise UnusableData(f"{path}, line {number}: the answer does not end in '{MARK} <number>'.")
    return Question(text, gold.strip().replace(",", ""))
