"""What a family is trained on, and what its adapter is held to: prompts that nobody trained on.

A prompt is on one side for ever, by its own digest, so that what one night is held to was not
trained on by a night before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from kernels.reuse.near import differences_of_meaning
from kernels.reuse.question import question
from training.export.conversation import Rules
from training.export.lesson import Lesson, asked_text
from training.export.recorded import Choice, recorded_lessons, snapshot
from training.export.shingles import shingles_of, similarity
from training.nightly.families import Family, trajectories_of
from training.splits import is_held_out, query_digest
from trajectories.last_word import right_answer
from trajectories.models import Trajectory

NEAR = 0.8  # of word pairs in common: from there on two prompts may ask the same
LOOKED_AT = 4_000  # the newest answers of a family


@dataclass(frozen=True)
class HeldPrompt:
    """A prompt that is held out: the run whose request is asked again, and what is known of it.

    `right` are answers that people approved or gave, `wrong` those that they denied; `conditions`
    counts what the app asks of an answer beside its schema.
    """

    run_id: UUID
    prompt: str
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    conditions: int = 0


@dataclass(frozen=True)
class Material:
    """Lessons to fit on, lessons to validate on, prompts to compare on."""

    train: tuple[Lesson, ...]
    valid: tuple[Lesson, ...]
    held_out: tuple[HeldPrompt, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def gather_material(family: Family, *, rules: Rules, most_held_out: int) -> Material:
    """All of one moment. Of a prompt that was answered several times the best answer counts."""
    with snapshot():
        lessons = list(recorded_lessons(Choice((family.client,), signatures=(family.signature,))))
        rows = trajectories_of(family).annotate(right=right_answer("pk")).select_related("run")
        held = held_prompts(rows.defer("embedding", "run__embedding")[:LOOKED_AT], most_held_out)
    return divide(lessons, held, rules)


def divide(lessons: Iterable[Lesson], held: Sequence[HeldPrompt], rules: Rules) -> Material:
    """Puts lessons on their sides; what is nearly a prompt of the other side is left out."""
    best: dict[str, Lesson] = {}
    left_out: dict[str, int] = {}
    for lesson in lessons:
        problem = rules.problem_of(lesson.messages) or ("" if lesson.copies else "no advantage")
        if problem:
            left_out[problem] = left_out.get(problem, 0) + 1
            continue
        key = query_digest(asked_text(lesson.messages))
        if key not in best or _worth(lesson) > _worth(best[key]):
            best[key] = lesson
    kept = [best[key] for key in sorted(best)]
    valid = [one for one in kept if is_held_out(query_digest(asked_text(one.messages)))]
    apart = _Apart([*(asked_text(one.messages) for one in valid), *(one.prompt for one in held)])
    others = [one for one in kept if one not in valid]
    train = [one for one in others if not apart.asks_again(asked_text(one.messages))]
    if len(train) < len(others):
        left_out["asks what is held out"] = len(others) - len(train)
    return Material(tuple(train), tuple(valid), tuple(held), left_out)


def held_prompts(rows: Iterable[Trajectory], most: int) -> list[HeldPrompt]:
    """Of the newest answers first: prompts of which something can tell a right answer.

    That is an answer that people approved or gave, or a condition that the app sent.
    """
    found: dict[str, HeldPrompt] = {}
    for row in rows:
        digest = query_digest(row.prompt)
        if is_held_out(digest):
            found[digest] = _with(found.get(digest) or _first(row), row)
    return [one for one in found.values() if one.right or one.conditions][:most]


def _first(row: Trajectory) -> HeldPrompt:
    run = row.answered_run
    contract = run.request.get("contract") or {}
    return HeldPrompt(run.pk, row.prompt, conditions=len(contract.get("conditions", ())))


def _with(known: HeldPrompt, row: Any) -> HeldPrompt:
    right, wrong = list(known.right), list(known.wrong)
    if row.right:
        right.append(row.right)
    if row.said is not None:
        (right if row.said else wrong).append(row.output_text)
    return replace(known, right=_once(right), wrong=_once(wrong))


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _worth(lesson: Lesson) -> float:
    return lesson.advantage or 0.0


class _Apart:
    """Prompts, of which another may ask the same in nearly the same words."""

    def __init__(self, prompts: Sequence[str]) -> None:
        self._prompts = [(prompt, _pairs(prompt)) for prompt in dict.fromkeys(prompts)]
        self._canonical = {question(prompt).digest for prompt, _ in self._prompts}

    def asks_again(self, prompt: str) -> bool:
        return question(prompt).digest in self._canonical or any(True for _ in self._same(prompt))

    def _same(self, prompt: str) -> Iterator[str]:
        pairs = _pairs(prompt)
        for other, its in self._prompts:
            near = similarity(pairs, its) >= NEAR
            # A trainer knows equal pairs of words as one question, whatever stands between them.
            if pairs == its or (
                near and not differences_of_meaning(question(other), question(prompt))
            ):
                yield other


def _pairs(prompt: str) -> frozenset[int]:
    return frozenset(shingles_of(prompt).tolist())
