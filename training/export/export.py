"""One export: recorded and synthetic lessons become a folder of train and valid lines (row KR8)."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from kernels.encoder import encoder_digest
from kernels.reuse.question import RULES
from training.export.arranging import Advance, SplitOptions, Tell, arrange, gather
from training.export.conversation import Rules
from training.export.errors import NothingToExport
from training.export.lesson import Lesson, Message
from training.export.manifest import describe, require_both_sides
from training.export.recorded import Choice, count_reasons, recorded_lessons, snapshot
from training.export.scratch import Scratch
from training.export.synthetic import require_sound, synthetic_lessons
from training.export.writing import FILES, new_folder, write_lines, write_manifest

EVERY = 500  # lessons or lines, after which progress is told

T = TypeVar("T")


@dataclass(frozen=True)
class ExportOptions:
    """What is exported, and how."""

    rules: Rules
    choice: Choice = field(default_factory=Choice)
    split: SplitOptions = field(default_factory=SplitOptions)
    synthetic: Path | None = None
    text: bool = False  # each line has the rendered conversation, too


def export_sft(*, folder: Path, options: ExportOptions, tell: Tell, advance: Advance) -> Any:
    """Makes the folder; returns its manifest. Raises ExportError, and then leaves nothing.

    `tell` is told of each step, `advance` of lessons that were read and lines that were written.
    """
    if options.synthetic is not None:
        tell("checking the synthetic questions")
        require_sound(options.synthetic)
    with (
        new_folder(folder) as (draft, beside),
        Scratch(beside / "scratch.sqlite") as scratch,
    ):
        with snapshot():
            tell("counting trajectories")
            left_out = count_reasons(options.choice)
            tell("reading trajectories", left_out.pop("", 0))
            recorded = _told(recorded_lessons(options.choice), advance)
            left_out += gather(_all(recorded, options), scratch=scratch, rules=options.rules)
        if not scratch.lessons:
            raise NothingToExport(_nothing(left_out))
        arranged = arrange(scratch, folder=beside, options=options.split, tell=tell)
        require_both_sides(scratch, options.split)
        tell("writing", scratch.written)
        files = {
            valid: write_lines(draft / name, _told(_lines(scratch, valid, options), advance))
            for valid, name in FILES.items()
        }
        manifest = describe(
            arranged=arranged,
            scratch=scratch,
            rules=options.rules,
            options=options.split,
            files=files,
            chosen={**options.choice.as_json(), "text": options.text},
            made_with={
                "encoder": encoder_digest(),
                "question_rules": RULES,
                "jinja2": version("jinja2"),
            },
            left_out=left_out,
        )
        write_manifest(draft, manifest)
    return manifest


def _all(recorded: Iterator[Lesson], options: ExportOptions) -> Iterator[Lesson]:
    yield from recorded
    if options.synthetic is not None:
        yield from synthetic_lessons(options.synthetic)


def _lines(scratch: Scratch, valid: bool, options: ExportOptions) -> Iterator[str]:
    return (line_of(each, options) for each in scratch.lines(valid=valid))


def line_of(messages: str, options: ExportOptions) -> str:
    """A line of the file, for the messages as JSON."""
    if not options.text:
        return f'{{"messages": {messages}}}'
    text = options.rules.template.render([Message(**one) for one in json.loads(messages)])
    return f'{{"messages": {messages}, "text": {json.dumps(text, ensure_ascii=False)}}}'


def _told(each: Iterable[T], advance: Advance) -> Iterator[T]:
    done = 0
    for one in each:
        yield one
        done += 1
        if done == EVERY:
            advance(done)
            done = 0
    advance(done)


def _nothing(left_out: Counter[str]) -> str:
    """What to do when there is nothing to export."""
    if not left_out:
        return (
            "There are no such trajectories: answer requests first, or choose others "
            "(--client, --domain, --since, --until), or give questions with --synthetic."
        )
    why = ", ".join(f"{reason}: {count:,}" for reason, count in left_out.most_common())
    return (
        f"None of {left_out.total():,} lessons may be learned from ({why}). What is not "
        "scored yet is scored within seconds by the running service; else choose more "
        "(--client, --domain, --since, --until), or give questions with --synthetic."
    )
