"""The arithmetic in worked solutions of GSM8K: false alarms on them, and results put wrong."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from kwsite.bench.routing_data import UnusableData
from workers.experts.recomputing import Equality, equalities

_MARKED = re.compile(
    r"<<[^<>]*?=\s*(?P<result>-?\d+(?:\.\d+)?)\s*>>\s*(?P<shown>-?\d[\d,]*(?:\.\d+)?)"
)
_MARK = re.compile(r"<<[^<>]*>>")
MOST_SHOWN = 10


@dataclass(frozen=True)
class Solutions:
    """Counts over all solutions."""

    solutions: int
    marked: int  # calculations that the data mark
    outcomes: dict[str, int]  # of the equalities that were found
    alarmed: int  # solutions with a wrong equality
    alarms: tuple[str, ...]  # some of them
    altered: int  # solutions of which one result was put wrong
    noticed: int


def measure_solutions(file: Path) -> Solutions:
    """Raises UnusableData."""
    texts = _solutions(file)
    outcomes, alarms, alarmed, altered, noticed = Counter[str](), list[str](), 0, 0, 0
    for number, text in enumerate(texts):
        found = _checked(_MARK.sub("", text))
        outcomes.update(one.outcome for one in found)
        wrong = [f"{one.text} (it is {one.right})" for one in found if one.outcome == "wrong"]
        alarms += wrong
        alarmed += bool(wrong)
        other = _altered(text, number)
        if other is not None and not wrong:
            altered += 1
            noticed += any(one.outcome == "wrong" for one in _checked(other))
    marked = sum(len(_MARK.findall(text)) for text in texts)
    shown = tuple(alarms[:MOST_SHOWN])
    return Solutions(len(texts), marked, dict(outcomes), alarmed, shown, altered, noticed)


def _solutions(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [str(json.loads(line)["answer"]) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableData(f"{file}: no JSONL with an answer in each line: {error}") from error


def _checked(text: str) -> Sequence[Equality]:
    return [one for line in text.splitlines() for one in equalities(line)]


def _altered(text: str, number: int) -> str | None:
    """The solution with one result off by one or tenfold; None where none is marked."""
    marks = list(_MARKED.finditer(text))
    if not marks:
        return None
    mark = marks[number % len(marks)]
    value = Fraction(mark["shown"].replace(",", ""))
    other = value + 1 if number % 2 or not value else value * 10
    plain = str(other) if other.denominator == 1 else str(float(other))
    return _MARK.sub("", f"{text[: mark.start()]}{plain}{text[mark.end() :]}")
