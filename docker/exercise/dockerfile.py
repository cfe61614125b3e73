"""Reads a Dockerfile: its stages, each a list of instructions."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from docker.exercise.failure import ExerciseFailure

KNOWN = ("FROM", "ARG", "ENV", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "CMD")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Instruction:
    keyword: str
    text: str
    line: int

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    @property
    def command(self) -> list[str]:
        """The exec form, a JSON list, as in CMD ["python"]: the shell form hides signals."""
        try:
            words = json.loads(self.text)
        except ValueError:
            words = None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ExerciseFailure(f"line {self.line}: {self.keyword} is not in exec form")
        return words


@dataclass(frozen=True)
class Stage:
    name: str
    parent: str  # another stage, or an image
    instructions: tuple[Instruction, ...]


def parse(text: str) -> dict[str, Stage]:
    """The stages by name, in order; raises for an instruction that the exercise does not know."""
    stages: dict[str, Stage] = {}
    for instruction in _instructions(text):
        if instruction.keyword == "FROM":
            parent, named, name = instruction.words
            if named.upper() != "AS" or name in stages:
                raise ExerciseFailure(f"line {instruction.line}: FROM without a name of its own")
            stages[name] = Stage(name, parent, ())
        elif not stages:
            raise ExerciseFailure(f"line {instruction.line}: {instruction.keyword} before FROM")
        else:
            last = next(reversed(stages.values()))
            stages[last.name] = Stage(last.name, last.parent, (*last.instructions, instruction))
    return stages


def assignments(instruction: Instruction, known: Mapping[str, str]) -> dict[str, str]:
    """What ENV a=1 b=2 sets; `$name` and `${name}` are what `known` says, or nothing."""
    pairs = (word.partition("=") for word in instruction.words)
    return {name: expanded(value, known) for name, _, value in pairs}


def expanded(text: str, known: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: known.get(found[1] or found[2], ""), text)


def _instructions(text: str) -> list[Instruction]:
    found: list[Instruction] = []
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or (not line.strip() and not parts):
            continue
        start = start if parts else number
        more = line.endswith("\\")
        parts.append(line.removesuffix("\\").strip())
        if more:
            continue
        keyword, _, rest = " ".join(parts).partition(" ")
        if keyword not in KNOWN:
            raise ExerciseFailure(f"line {start}: {keyword} is an instruction nobody exercises")
        found.append(Instruction(keyword, rest.strip(), start))
        parts = []
    if parts:
        raise ExerciseFailure(f"line {start}: the file ends in the middle of an instruction")
    return found
