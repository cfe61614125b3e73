"""From conversations to lines: checked, merged, grouped, put on a side, repeated and shuffled.

Everything lies in the scratch; what is held in memory does not grow with the lessons. What comes
out follows from the lessons and the options, not from the order in which they come.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Protocol

from kernels.reuse.question import question
from training.export.conversation import Rules
from training.export.forest import Forest
from training.export.lesson import Lesson, asked_text, messages_json, system_text
from training.export.near_duplicates import Uniting, prefixes
from training.export.rarity import Rarity
from training.export.scratch import Assigned, Line, Row, Scratch
from training.export.shingles import digest_of_shingles, plain_text, shingles_of
from training.export.split import is_valid, positions

QUESTION_CHARS = 200  # reading a prompt takes .6 ms; a longer one has pairs enough in common
HALF = 2**63  # SQLite's integers are signed


class Tell(Protocol):
    """Which step begins, and of how many lessons or lines, where that is known."""

    def __call__(self, step: str, total: int | None = None) -> None: ...


Advance = Callable[[int], None]  # so many more of them are done


@dataclass(frozen=True)
class SplitOptions:
    """How lessons are divided. `similarity` is above .5; from it on two prompts are near."""

    seed: int = 0
    valid_share: float = 0.1
    similarity: float = 0.8


@dataclass(frozen=True)
class Arranged:
    """What became of the lessons, beside the lines in the scratch."""

    merged: int
    answered: int  # synthetic questions that have an answer already
    unseen: int  # sets of word pairs that were grouped without being compared


def gather(lessons: Iterable[Lesson], *, scratch: Scratch, rules: Rules) -> Counter[str]:
    """Puts those that can be learned from into the scratch; returns why others were left out."""
    left_out: Counter[str] = Counter()
    scratch.gather(_checked(lessons, rules, left_out))
    return left_out


def arrange(scratch: Scratch, *, folder: Path, options: SplitOptions, tell: Tell) -> Arranged:
    """Fills the scratch up to its lines. `folder` takes one file more."""
    tell("merging duplicates")
    merged, answered = scratch.merge()
    with Forest(folder / "forest", scratch.place()) as forest:
        unseen = _group(scratch, forest, options.similarity, tell)
        tell("splitting")
        scratch.assign(_assigned(scratch, forest, options))
    tell("shuffling")
    scratch.order(_lines(scratch, options.seed))
    return Arranged(merged, answered, unseen)


def _checked(lessons: Iterable[Lesson], rules: Rules, left_out: Counter[str]) -> Iterator[Row]:
    for lesson in lessons:
        if not lesson.copies:
            left_out["no advantage"] += 1
        elif problem := rules.problem_of(lesson.messages):
            left_out[problem] += 1
        else:
            yield _row(lesson)


def _row(lesson: Lesson) -> Row:
    messages = messages_json(lesson.messages)
    asked = asked_text(lesson.messages)
    shingles = shingles_of(asked)
    asks = f"{system_text(lesson.messages)}\0{plain_text(asked)}"
    return Row(
        content=hashlib.sha256(messages.encode()).digest(),
        recorded=lesson.advantage is not None,
        advantage=lesson.advantage,
        copies=lesson.copies,
        domain=lesson.domain,
        question=lesson.question or _canonical(lesson, asked),
        asks=hashlib.sha256(asks.encode()).digest()[:16],
        near=digest_of_shingles(shingles),
        shingles=shingles.tobytes(),
        messages=messages,
    )


def _canonical(lesson: Lesson, asked: str) -> str:
    """The digest of the question, if the lesson is one question and its answer."""
    turns = sum(one.role == "user" for one in lesson.messages)
    return question(asked).digest if turns == 1 and len(asked) <= QUESTION_CHARS else ""


def _group(scratch: Scratch, forest: Forest, similarity: float, tell: Tell) -> int:
    """Unites what must be on one side; returns how much of it was not compared."""
    for _, asked in groupby(scratch.same_questions(), key=lambda each: each[0]):
        for (_, one), (_, other) in pairwise(asked):
            forest.unite(one, other)
    tell("counting word pairs")
    rarity = Rarity()
    for batch in scratch.batches():
        rarity.count(batch.shingles)
    tell("looking for near-duplicates")
    scratch.add_prefixes(
        entry for batch in scratch.batches() for entry in prefixes(batch, rarity, similarity)
    )
    tell("comparing near-duplicates")
    uniting = Uniting(
        forest=forest, shingles_of=scratch.shingles_of, rarity=rarity, threshold=similarity
    )
    uniting.unite_all(scratch.prefixes())
    return uniting.unseen


def _assigned(scratch: Scratch, forest: Forest, options: SplitOptions) -> Iterator[Assigned]:
    """A group is named by the smallest digest in it, which is that of its smallest unit."""
    for unit, lessons in groupby(scratch.placed(), key=lambda each: each.unit):
        group = forest.find(unit)
        name = scratch.near_of(group)
        valid = is_valid(name, seed=options.seed, share=options.valid_share)
        for lesson in lessons:
            yield Assigned(lesson.p, group, valid)


def _lines(scratch: Scratch, seed: int) -> Iterator[Line]:
    """Each lesson is measured once, and learned as often as it has copies."""
    for lesson, valid in scratch.sides():
        copies = 1 if valid else lesson.copies
        for position in positions(lesson.content, seed=seed, copies=copies):
            yield Line(valid, position - HALF, lesson.p)
