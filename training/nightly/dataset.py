"""A family's lessons as the two files that a trainer reads, and their manifest."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

from training.export.lesson import Lesson, messages_json
from training.export.writing import FILES, write_lines, write_manifest
from training.nightly.material import Material

FORMAT = "kernelweave family 1"
SAME = 1.0  # two prompts of a family share most of their words; only equal ones are near here


def write_dataset(folder: Path, material: Material, *, seed: int) -> None:
    """Fills a new folder. Equal material makes equal bytes."""
    folder.mkdir(parents=True)
    files = {
        False: write_lines(folder / FILES[False], _shuffled(_repeated(material.train), seed)),
        True: write_lines(folder / FILES[True], _lines(material.valid)),
    }
    manifest = {
        "format": FORMAT,
        "options": {"similarity": SAME, "seed": seed},
        "files": {FILES[side]: asdict(each) for side, each in files.items()},
        "train": {"lessons": len(material.train)},
        "valid": {"lessons": len(material.valid)},
        "left_out": material.left_out,
    }
    write_manifest(folder, manifest)


def _lines(lessons: Iterable[Lesson]) -> list[str]:
    return [f'{{"messages": {messages_json(one.messages)}}}' for one in lessons]


def _repeated(lessons: Iterable[Lesson]) -> Iterator[Lesson]:
    for lesson in lessons:
        yield from [lesson] * lesson.copies


def _shuffled(lessons: Iterable[Lesson], seed: int) -> list[str]:
    lines = _lines(lessons)
    Random(seed).shuffle(lines)
    return lines
